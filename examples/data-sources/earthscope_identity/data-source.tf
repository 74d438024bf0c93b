# Who Terraform acts as, and where that login came from. Holds no secret.
data "earthscope_identity" "this" {
  lifecycle {
    # Stops a run that was started with the wrong login, before it changes anything.
    postcondition {
      condition     = self.profile == "default"
      error_message = "This configuration is for the default profile; unset ES_PROFILE."
    }
  }
}

output "login" {
  value = {
    subject    = data.earthscope_identity.this.subject
    profile    = data.earthscope_identity.this.profile
    source     = data.earthscope_identity.this.source
    expires_at = data.earthscope_identity.this.expires_at
  }
}
