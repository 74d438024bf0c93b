terraform {
  required_version = ">= 1.11"

  required_providers {
    earthscope = {
      source  = "earthscope/earthscope"
      version = "~> 0.1"
    }
  }
}

variable "hosts" {
  description = "Machines that get an access token from here."
  type        = map(string)
  default     = { node1 = "node1.example.org" }
}

provider "earthscope" {}

# A token lives for a day. Runs every six hours that replace it when less than twelve are left may fail once unnoticed.
resource "earthscope_remote_host" "node" {
  for_each   = var.hosts
  host       = each.value
  credential = "access_token"
  min_ttl    = "12h"
}
