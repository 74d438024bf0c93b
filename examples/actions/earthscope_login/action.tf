# terraform apply -invoke=action.earthscope_login.this
action "earthscope_login" "this" {}

# A login for one of many hosts, in a profile of its own. What it replaces is revoked once the new login is saved.
action "earthscope_login" "node1" {
  config {
    profile         = "node1"
    revoke_previous = true
  }
}
