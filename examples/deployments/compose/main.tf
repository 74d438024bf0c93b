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
  description = "Docker host, or an alias of ~/.ssh/config."
  type        = string
  default     = "docker1.example.org"
}

variable "override_file" {
  description = "Compose override on the host; Compose reads it beside compose.yaml by itself."
  type        = string
  default     = "~/campaign/compose.override.yaml"
}

variable "services" {
  description = "Services that talk to EarthScope."
  type        = set(string)
  default     = ["picker", "uploader"]
}

provider "earthscope" {}

# The containers get an access token: they are replaced more often than it expires, and a container's home, where a
# renewed refresh token would have to be kept, goes with it.
resource "earthscope_remote_host" "docker" {
  host       = var.host
  credential = "access_token"
  min_ttl    = "12h"

  compose_files = {
    (var.override_file) = { services = var.services }
  }
}

output "token_in" {
  value = keys(earthscope_remote_host.docker.files)
}
