terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.88" # secret_string_wo
    }
    earthscope = {
      source  = "earthscope/earthscope"
      version = "~> 0.1"
    }
  }
}
