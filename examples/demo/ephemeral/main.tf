# One login, one refresh, a token for others, and nothing secret at rest.
# `make demo` applies this against a sandbox; after `es login` it works the same
# with EarthScope, without the sandbox command.

terraform {
  required_version = ">= 1.10" # ephemeral resources

  required_providers {
    earthscope = {
      source = "earthscope/earthscope"
    }
  }
}

variable "sandbox_command" {
  description = "Path of the program that calls the API with the token."
  type        = string
}

# Takes the login that `es login` left in ~/.earthscope.
provider "earthscope" {}

# An access token for this run only, refreshed if the saved one is about to end.
ephemeral "earthscope_access_token" "me" {}

# The token feeds another provider. Here it is this one under another name, in
# a folder without a login; any provider block takes the token the same way.
provider "earthscope" {
  alias        = "consumer"
  config_dir   = "${path.root}/no-login"
  access_token = ephemeral.earthscope_access_token.me.access_token
}

data "earthscope_identity" "me" {}

data "earthscope_identity" "consumer" {
  provider = earthscope.consumer
}

# The token feeds a program, through its environment.
resource "terraform_data" "api_call" {
  provisioner "local-exec" {
    command = "\"$SANDBOX_COMMAND\" call --token-env ACCESS_TOKEN beta/data/hello > answer.txt"

    environment = {
      SANDBOX_COMMAND = var.sandbox_command
      ACCESS_TOKEN    = ephemeral.earthscope_access_token.me.access_token
    }
  }
}

output "me" {
  value = data.earthscope_identity.me
}

output "consumer" {
  value = data.earthscope_identity.consumer
}
