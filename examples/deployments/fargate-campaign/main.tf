variable "min_ttl" {
  description = "Life that a worker can count on: the longest shard, and some."
  type        = string
  default     = "20h"
}

variable "image" {
  description = "Container image of the workers."
  type        = string
  default     = "ghcr.io/example/campaign:1"
}

provider "earthscope" {}

# The one refresh. Workers never see the refresh token, so that none of them can spend or lose it.
ephemeral "earthscope_access_token" "campaign" {
  min_ttl = var.min_ttl
}

# Read after the token above, so that it tells that token's end.
data "earthscope_identity" "campaign" {
  depends_on = [ephemeral.earthscope_access_token.campaign]
}

locals {
  # What the secret holds. Ephemeral, since the token is.
  secret = jsonencode({ access_token = ephemeral.earthscope_access_token.campaign.access_token })

  # A write-only argument is sent when its version changes: here, when the token was refreshed and at no other time.
  secret_version = parseint(formatdate("YYMMDDhhmmss", data.earthscope_identity.campaign.expires_at), 10)

  # containerProperties of the job definition: where the token is, not what it is. AWS reads it when a task starts, with
  # the execution role; the job role, which the code runs as, can't read the secret.
  container_properties = {
    image            = var.image
    executionRoleArn = local.execution_role_arn
    jobRoleArn       = local.job_role_arn
    fargatePlatformConfiguration = {
      platformVersion = "LATEST"
    }
    resourceRequirements = [
      { type = "VCPU", value = "1" },
      { type = "MEMORY", value = "4096" },
    ]
    secrets = provider::earthscope::container_secrets({
      "oauth2.access_token" = "${local.secret_arn}:access_token::"
    })
  }
}

output "container_properties" {
  value = jsonencode(local.container_properties)
}

output "workers_can_run_until" {
  value = data.earthscope_identity.campaign.expires_at
}
