terraform {
  required_version = ">= 1.11"

  required_providers {
    earthscope = {
      source  = "earthscope/earthscope"
      version = "~> 0.1"
    }
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = ">= 3.0" # data_wo
    }
  }
}
