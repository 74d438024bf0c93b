terraform {
  required_version = ">= 1.10"

  required_providers {
    earthscope = {
      source  = "earthscope/earthscope"
      version = "~> 0.1"
    }
  }
}

variable "launch_command" {
  description = "Command that starts the cluster."
  type        = string
  default     = "python3 launch.py"
}

variable "workers" {
  description = "Number of workers."
  type        = number
  default     = 20
}

provider "earthscope" {}

ephemeral "earthscope_access_token" "workers" {
  min_ttl = "12h"
}

locals {
  # Every cold process that holds a refresh token spends a request on it. With an access token it asks for nothing.
  worker_env = provider::earthscope::environment({
    "oauth2.access_token" = ephemeral.earthscope_access_token.workers.access_token
  })
}

# Dask passes on no environment by itself: launch.py hands ours to the workers.
resource "terraform_data" "cluster" {
  triggers_replace = var.workers

  provisioner "local-exec" {
    command     = var.launch_command
    working_dir = path.root
    environment = merge(local.worker_env, { WORKERS = var.workers })
  }
}
