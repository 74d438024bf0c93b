provider "aws" {
  region = "us-east-2" # where the archive is
}

variable "ami" {
  description = "Machine image with cloud-init, such as Ubuntu's."
  type        = string
}

variable "key_name" {
  description = "Key pair in EC2 that belongs to ssh_private_key."
  type        = string
}

variable "vpc_security_group_ids" {
  description = "Security groups that let SSH in from here. Null takes the VPC's default group, which usually lets nothing in."
  type        = list(string)
  default     = null
}

locals {
  address = aws_instance.downloader.public_dns
  port    = 22
}

resource "aws_instance" "downloader" {
  ami           = var.ami
  instance_type = "c7i.large"
  key_name      = var.key_name

  vpc_security_group_ids = var.vpc_security_group_ids

  # No token here: user data is in the state, and every process on the instance can read it.
  user_data = <<-EOT
    #cloud-config
    ${jsonencode({
  ssh_deletekeys = true
  ssh_keys       = { ed25519_private = tls_private_key.host.private_key_openssh, ed25519_public = tls_private_key.host.public_key_openssh }
  packages       = ["docker.io"]
})}
  EOT
}
