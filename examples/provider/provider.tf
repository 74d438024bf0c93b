terraform {
  required_version = ">= 1.10" # ephemeral values

  required_providers {
    earthscope = {
      source  = "earthscope/earthscope"
      version = "~> 0.1"
    }
  }
}

# After `es login` on the same machine nothing needs to be said: the provider finds that login.
provider "earthscope" {}

# In CI there is no login: the token comes from TF_VAR_earthscope_refresh_token. An ephemeral variable stays out of
# saved plans and state; one that is only sensitive does not.
variable "earthscope_refresh_token" {
  type      = string
  ephemeral = true
  default   = null
}

provider "earthscope" {
  alias         = "ci"
  refresh_token = var.earthscope_refresh_token
}

# Another profile of ~/.earthscope/config.toml, beside the first one.
provider "earthscope" {
  alias   = "stage"
  profile = "stage"
}
