terraform {
  required_version = ">= 1.11"

  required_providers {
    earthscope = {
      source  = "earthscope/earthscope"
      version = "~> 0.1"
    }
  }
}

variable "inventory" {
  description = "CSV file: name (also the name of the profile whose session the host gets), host, user."
  type        = string
  default     = "inventory.csv"
}

variable "bastion" {
  description = "Jump host in front of all of them."
  type        = object({ host = string, port = optional(number, 22) })
  default     = { host = "bastion.example.org" }
}

locals {
  hosts = { for row in csvdecode(file("${path.root}/${var.inventory}")) : row.name => row }
}

provider "earthscope" {
  ssh = {
    max_connections = 16 # hosts at a time; Terraform asks for ten, unless it is called with -parallelism=16
  }
}

# A session for each host: `es login --profile NAME`, once.
ephemeral "earthscope_refresh_token" "host" {
  for_each = local.hosts
  profile  = each.key
}

resource "earthscope_remote_host" "host" {
  for_each         = local.hosts
  host             = each.value.host
  user             = each.value.user
  proxy_jump       = [{ host = var.bastion.host, port = var.bastion.port }]
  refresh_token_wo = ephemeral.earthscope_refresh_token.host[each.key].refresh_token
  on_unreachable   = "warn" # a plan is not held up by a machine that is switched off

  timeouts = {
    create = "10m" # waits for hosts that are still starting up
  }
}

output "state_of_files" {
  value = { for name, host in earthscope_remote_host.host : name => { for path, file in host.files : path => file.state } }
}
