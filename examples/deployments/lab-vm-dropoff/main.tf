terraform {
  required_version = ">= 1.11"

  required_providers {
    earthscope = {
      source  = "earthscope/earthscope"
      version = "~> 0.1"
    }
  }
}

variable "host" {
  description = "The lab machine, or an alias of ~/.ssh/config."
  type        = string
  default     = "vel3d.example.org"
}

variable "verify_command" {
  description = "Command that shows on the machine that the login works."
  type        = string
  default     = "~/.venvs/es/bin/es user get-profile"
}

provider "earthscope" {}

# A session that only this machine uses: `es login --profile vel3d` here, once.
ephemeral "earthscope_refresh_token" "vel3d" {
  profile = "vel3d"
}

resource "earthscope_remote_host" "vel3d" {
  host             = var.host
  refresh_token_wo = ephemeral.earthscope_refresh_token.vel3d.refresh_token
  verify_command   = var.verify_command

  # The SDK's own store: what it renews there stays in force, also when the identity server replaces the refresh token.
  tokens_file = { mode = "0600" }
}
