terraform {
  required_providers {
    aws        = { source = "hashicorp/aws" }
    earthscope = { source = "earthscope/earthscope" }
  }
}

# The token is fetched in every run and stored in none.
ephemeral "aws_secretsmanager_secret_version" "earthscope" {
  secret_id = "earthscope/refresh-token"
}

provider "earthscope" {
  refresh_token = ephemeral.aws_secretsmanager_secret_version.earthscope.secret_string
}

data "earthscope_identity" "this" {}
