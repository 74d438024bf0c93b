terraform {
  required_version = ">= 1.11"

  required_providers {
    earthscope = {
      source  = "earthscope/earthscope"
      version = "~> 0.1"
    }
  }
}

variable "ssh_private_key" {
  description = "Key that the bastion and the host accept. Ephemeral: it is in no state and no plan."
  type        = string
  ephemeral   = true
}

variable "known_hosts_file" {
  description = "Keys of the bastion and of the host."
  type        = string
  default     = "~/.ssh/known_hosts"
}

variable "bastion" {
  description = "Where the bastion answers."
  type        = object({ host = string, port = optional(number, 22) })
  default     = { host = "bastion.example.org" }
}

variable "host" {
  description = "Name of the host, as the bastion knows it."
  type        = string
  default     = "node1.example.org"
}

provider "earthscope" {
  ssh = {
    user             = "gnss"
    private_key      = var.ssh_private_key
    known_hosts_file = pathexpand(var.known_hosts_file)
    config_file      = "none" # everything that matters stands here
    agent            = false
  }
}

# The session of profile "node1": `es login --profile node1` made it, and nothing else uses it.
ephemeral "earthscope_refresh_token" "node1" {
  profile = "node1"
}

resource "earthscope_remote_host" "node1" {
  host             = var.host
  proxy_jump       = [{ host = var.bastion.host, port = var.bastion.port }]
  refresh_token_wo = ephemeral.earthscope_refresh_token.node1.refresh_token
}

output "files" {
  value = earthscope_remote_host.node1.files
}
