variable "ssh_user" {
  description = "User of the machine image."
  type        = string
  default     = "ubuntu"
}

variable "ssh_private_key" {
  description = "Key that the instance accepts. Ephemeral: it is in no state and no plan."
  type        = string
  ephemeral   = true
}

provider "earthscope" {
  ssh = {
    user        = var.ssh_user
    private_key = var.ssh_private_key
    config_file = "none"
    agent       = false
  }
}

# The instance's host key is made here, so that it is known before the first connection and nothing has to be trusted
# blindly. It is in the state and in the instance's user data: it proves this one disposable machine, and opens nothing.
resource "tls_private_key" "host" {
  algorithm = "ED25519"
}

resource "earthscope_remote_host" "downloader" {
  host       = local.address
  port       = local.port
  host_key   = tls_private_key.host.public_key_openssh
  credential = "access_token" # the machine lives for hours; the login stays here
  min_ttl    = "12h"

  # Read by docker itself, so that it works for any user inside the container: nothing is mounted.
  environment_files = {
    "~/earthscope.env" = { format = "dotenv" }
  }

  timeouts = { create = "10m" } # waits for the instance to boot
}

output "known_hosts" {
  description = "Line for ~/.ssh/known_hosts, so that your own ssh checks the key too."
  value       = "${local.port == 22 ? local.address : "[${local.address}]:${local.port}"} ${trimspace(tls_private_key.host.public_key_openssh)}"
}

output "next" {
  # cloud-init installs docker after SSH is up; only root may use it on a fresh image.
  value = "ssh ${var.ssh_user}@${local.address} 'cloud-init status --wait && sudo docker run --rm --env-file earthscope.env YOUR-IMAGE'"
}
