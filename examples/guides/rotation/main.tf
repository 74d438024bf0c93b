# Two profiles take turns: config.toml holds [profile.blue] and [profile.green].
variable "profile" {
  type    = string
  default = "green"
}

variable "login_generation" {
  type    = number
  default = 2
}

provider "earthscope" {
  profile = var.profile
}

ephemeral "earthscope_refresh_token" "current" {}

resource "earthscope_remote_host" "node" {
  for_each = toset(["node1.example.org", "node2.example.org"])

  host                     = each.key
  refresh_token_wo         = ephemeral.earthscope_refresh_token.current.refresh_token
  refresh_token_wo_version = var.login_generation
  verify_command           = "es user get-profile"
}

action "earthscope_login" "blue" {
  config { profile = "blue" }
}

action "earthscope_login" "green" {
  config { profile = "green" }
}

action "earthscope_revoke_refresh_token" "blue" {
  config { profile = "blue" }
}

action "earthscope_revoke_refresh_token" "green" {
  config { profile = "green" }
}
