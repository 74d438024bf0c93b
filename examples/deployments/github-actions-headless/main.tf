terraform {
  required_version = ">= 1.10"

  required_providers {
    earthscope = {
      source  = "earthscope/earthscope"
      version = "~> 0.1"
    }
  }
}

# From the secret, by TF_VAR_earthscope_refresh_token. An unset secret arrives as an empty string.
variable "earthscope_refresh_token" {
  description = "What `es user get-refresh-token` prints."
  type        = string
  ephemeral   = true
  nullable    = false

  validation {
    condition     = length(var.earthscope_refresh_token) > 0
    error_message = "The secret EARTHSCOPE_REFRESH_TOKEN is not there. Forks do not get it; elsewhere, add it under Settings, Secrets and variables, Actions."
  }
}

variable "least_life" {
  description = "Life that the job's token must have left."
  type        = string
  default     = "1h"
}

provider "earthscope" {
  refresh_token = var.earthscope_refresh_token
}

# The preflight: fails here, before any work, if the secret is missing, refused or somebody else's.
ephemeral "earthscope_access_token" "job" {
  min_ttl    = var.least_life
  token_file = "${path.root}/earthscope-token" # for the length of this run only, mode 0600

  lifecycle {
    postcondition {
      condition     = timecmp(self.expires_at, timeadd(plantimestamp(), var.least_life)) >= 0
      error_message = "EarthScope gave a token that ends before the job may."
    }
  }
}

# The job's own work, with the token in its environment only.
resource "terraform_data" "job" {
  triggers_replace = plantimestamp()

  provisioner "local-exec" {
    command     = var.job
    environment = { ES_OAUTH2__ACCESS_TOKEN = ephemeral.earthscope_access_token.job.access_token }
  }
}

variable "job" {
  description = "Command that needs EarthScope, such as pytest. It gets an access token as ES_OAUTH2__ACCESS_TOKEN."
  type        = string
  default     = "echo 'EarthScope gave a token. Put your command into the variable job.'"
}
