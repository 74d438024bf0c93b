terraform {
  required_version = ">= 1.10"

  required_providers {
    earthscope = {
      source  = "earthscope/earthscope"
      version = "~> 0.1"
    }
  }
}

variable "api_url" {
  description = "Where the API answers; another one is for trying things out."
  type        = string
  default     = "https://api.earthscope.org/"
}

# After `es login` nothing needs to be said.
provider "earthscope" {}

# Whose login this is, until when, and where it was found. No secret.
data "earthscope_identity" "me" {}

# A token for this run, in no state and no plan.
ephemeral "earthscope_access_token" "me" {
  min_ttl = "10m"
}

# The token goes to curl by its standard input: a command line can be read by everybody on the machine.
resource "terraform_data" "profile" {
  triggers_replace = data.earthscope_identity.me.subject

  provisioner "local-exec" {
    command = <<-EOT
      printf 'header = "Authorization: Bearer %s"' "$TOKEN" |
        curl --silent --show-error --fail --config - --output profile.json "$URL"
    EOT
    environment = {
      TOKEN = ephemeral.earthscope_access_token.me.access_token
      URL   = "${var.api_url}beta/user/profile"
    }
  }
}

output "login" {
  value = data.earthscope_identity.me
}
