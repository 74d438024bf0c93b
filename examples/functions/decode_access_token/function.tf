# A token that was made elsewhere, refused at once if it is too old for this run or somebody else's.
variable "access_token" {
  type      = string
  ephemeral = true
  default   = null

  validation {
    condition = var.access_token == null ? true : timecmp(
      provider::earthscope::decode_access_token(var.access_token).expires_at, timeadd(timestamp(), "1h")
    ) > 0
    error_message = "The access token expires within the hour; give a newer one."
  }
}

# The claims of a token that is stored anyway. They are no secret, so they may be shown.
data "earthscope_access_token" "this" {}

output "claims" {
  value = nonsensitive(provider::earthscope::decode_access_token(data.earthscope_access_token.this.access_token))
}
