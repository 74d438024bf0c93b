# The same token through a plain data source, for places that take no ephemeral
# value. TERRAFORM WRITES IT INTO STATE AND PLAN FILES: whoever can read those
# can use it until it expires.

terraform {
  required_providers {
    earthscope = {
      source = "earthscope/earthscope"
    }
  }
}

provider "earthscope" {}

data "earthscope_access_token" "me" {}

output "expires_at" {
  value = data.earthscope_access_token.me.expires_at
}
