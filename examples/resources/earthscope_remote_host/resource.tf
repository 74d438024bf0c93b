# SSH secrets belong into the provider block, which is never stored. Without them, keys are found as ssh itself does.
variable "ssh_private_key" {
  type      = string
  ephemeral = true
}

provider "earthscope" {
  ssh = {
    user        = "ubuntu"
    private_key = var.ssh_private_key
  }
}

# The provider's own login, in the SDK's token store on the host.
resource "earthscope_remote_host" "node" {
  host           = "node1.example.org"
  proxy_jump     = [{ host = "bastion.example.org" }]
  verify_command = "es user get-profile"
}

# A session of its own for each host, which a server that replaces refresh tokens asks for: give each profile its
# table ("[profile.lab1]" in ~/.earthscope/config.toml), log in once ("es login --profile lab1"), and push each login to its host.
variable "lab" {
  type    = map(string)
  default = { lab1 = "lab1.example.org", lab2 = "lab2.example.org" }
}

ephemeral "earthscope_refresh_token" "lab" {
  for_each = var.lab
  profile  = each.key
}

resource "earthscope_remote_host" "lab" {
  for_each         = var.lab
  host             = each.value
  refresh_token_wo = ephemeral.earthscope_refresh_token.lab[each.key].refresh_token
}

# For containers and services: an environment file for systemd, and two services of a Compose file.
resource "earthscope_remote_host" "worker" {
  host       = "worker.example.org"
  credential = "access_token"
  min_ttl    = "6h"

  environment_files = {
    "~/worker.env" = { format = "systemd", mode = "0600" }
  }
  compose_files = {
    "~/campaign/compose.override.yaml" = { services = ["picker", "uploader"] }
  }
  become = { user = "earthscope" } # ~ is the home of that user, who must be able to write to each folder
}
