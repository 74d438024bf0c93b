variable "min_ttl" {
  description = "Life that a pod can count on."
  type        = string
  default     = "12h"
}

provider "earthscope" {}

ephemeral "earthscope_access_token" "pods" {
  min_ttl = var.min_ttl
}

data "earthscope_identity" "pods" {
  depends_on = [ephemeral.earthscope_access_token.pods]
}

locals {
  # tokens.json for a volume at ~/.earthscope/default. A mounted secret can't be written: a refresh token there is sent and
  # its successor lost, since the SDK can't save it. With an access token it has nothing to save.
  secret_data = {
    "tokens.json" = jsonencode({ access_token = ephemeral.earthscope_access_token.pods.access_token })
  }

  # Changes when the token was refreshed, and at no other time.
  secret_revision = parseint(formatdate("YYMMDDhhmmss", data.earthscope_identity.pods.expires_at), 10)
}

output "pods_can_run_until" {
  value = data.earthscope_identity.pods.expires_at
}
