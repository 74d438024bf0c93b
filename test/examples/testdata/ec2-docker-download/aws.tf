# Stands in for the instance: a host of the sandbox.
variable "address" { type = string }
variable "port" { type = number }

locals {
  address = var.address
  port    = var.port
}

output "cloud_init" {
  value     = { key = tls_private_key.host.private_key_openssh, line = tls_private_key.host.public_key_openssh }
  sensitive = true
}
