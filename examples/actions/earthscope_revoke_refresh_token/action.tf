# terraform apply -invoke=action.earthscope_revoke_refresh_token.former
action "earthscope_revoke_refresh_token" "former" {
  config {
    profile = "blue"
  }
}
