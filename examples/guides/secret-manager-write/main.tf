terraform {
  required_version = ">= 1.11" # write-only arguments

  required_providers {
    aws        = { source = "hashicorp/aws", version = ">= 5.88" } # the first with secret_string_wo
    earthscope = { source = "earthscope/earthscope" }
  }
}

# Raise it after a new login: a write-only value is sent when its version changes.
variable "login_generation" {
  type    = number
  default = 1
}

ephemeral "earthscope_refresh_token" "this" {}

resource "aws_secretsmanager_secret" "earthscope" {
  name = "earthscope/refresh-token"
}

resource "aws_secretsmanager_secret_version" "earthscope" {
  secret_id                = aws_secretsmanager_secret.earthscope.id
  secret_string_wo         = ephemeral.earthscope_refresh_token.this.refresh_token
  secret_string_wo_version = var.login_generation
}
