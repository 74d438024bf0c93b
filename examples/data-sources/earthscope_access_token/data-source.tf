# The token is stored in state: whoever can read the state can use it until it expires.
# Prefer ephemeral "earthscope_access_token" wherever the consumer accepts an ephemeral value.
data "earthscope_access_token" "this" {
  min_ttl = "2h" # whoever uses it can count on two hours
}

output "expires_at" {
  value = data.earthscope_access_token.this.expires_at
}

# A place that takes no ephemeral value.
output "authorization_header" {
  value     = "Bearer ${data.earthscope_access_token.this.access_token}"
  sensitive = true
}
