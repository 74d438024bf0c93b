# Hosts behind a bastion, each with an EarthScope session of its own. `make demo`
# applies this against a sandbox. With real hosts, run `es login -p NAME` for each
# of them first, and put your domain and user below.

terraform {
  required_version = ">= 1.11" # write-only arguments

  required_providers {
    earthscope = {
      source = "earthscope/earthscope"
    }
  }
}

variable "ssh_private_key" {
  description = "Key that the bastion and the hosts accept. Ephemeral: it is in no state and no plan."
  type        = string
  ephemeral   = true
}

variable "known_hosts_file" {
  description = "Keys of the bastion and of the hosts. None is accepted unchecked."
  type        = string
}

variable "bastion" {
  description = "Where the bastion answers."
  type        = object({ host = string, port = number })
}

variable "hosts" {
  description = "Names of the hosts. Each is also the name of the profile whose session it gets."
  type        = set(string)
}

variable "verify_command" {
  description = "Command that shows on a host that the credentials work."
  type        = string
  default     = "es user get-profile"
}

provider "earthscope" {
  ssh = {
    user             = "gnss"
    private_key      = var.ssh_private_key
    known_hosts_file = var.known_hosts_file
    config_file      = "none"
    agent            = false
  }
}

# One session per host: where each refresh token works once, two holders of the
# same session would end each other's login.
ephemeral "earthscope_refresh_token" "host" {
  for_each = var.hosts
  profile  = each.key
}

resource "earthscope_remote_host" "node" {
  for_each         = var.hosts
  host             = "${each.key}.sandbox.test"
  proxy_jump       = [{ host = var.bastion.host, port = var.bastion.port, user = "gnss" }]
  refresh_token_wo = ephemeral.earthscope_refresh_token.host[each.key].refresh_token
  verify_command   = var.verify_command
}

output "files" {
  value = { for name, node in earthscope_remote_host.node : name => node.files }
}
