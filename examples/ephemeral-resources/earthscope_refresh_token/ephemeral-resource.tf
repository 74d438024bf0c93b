# What `es user get-refresh-token` prints, without printing it.
ephemeral "earthscope_refresh_token" "this" {}

# To be handed to a write-only argument (Terraform 1.11), such as a secret manager's. The value is sent when the
# version changes, so raise the version after a new login.
resource "aws_secretsmanager_secret" "earthscope" {
  name = "earthscope/refresh-token"
}

resource "aws_secretsmanager_secret_version" "earthscope" {
  secret_id                = aws_secretsmanager_secret.earthscope.id
  secret_string_wo         = ephemeral.earthscope_refresh_token.this.refresh_token
  secret_string_wo_version = 1
}

# One session for each profile, so that hosts which rotate their tokens do not revoke each other.
ephemeral "earthscope_refresh_token" "by_profile" {
  for_each = toset(["node1", "node2"])
  profile  = each.key
}
