# A short-lived worker gets an access token, not the refresh token: two hundred workers then make no token request.
ephemeral "earthscope_access_token" "worker" {
  min_ttl = "12h"
}

locals {
  # Ephemeral, since the token is: it fits write-only arguments, provisioners and provider blocks.
  worker_environment = provider::earthscope::environment({
    "oauth2.access_token" = ephemeral.earthscope_access_token.worker.access_token
  })

  # Plain, since nothing in it is secret.
  stage_environment = provider::earthscope::environment({
    "oauth2.audience"      = "https://api.stage.example.org"
    "resources.api_url"    = "https://api.stage.example.org/"
    "oauth2.allowed_hosts" = jsonencode(["api.stage.example.org"])
    "http.retry.attempts"  = 5
    "oauth2.scope"         = null # left out
  })
}

resource "terraform_data" "worker" {
  provisioner "local-exec" {
    command     = "test -n \"$ES_OAUTH2__ACCESS_TOKEN\"" # start the worker here
    environment = local.worker_environment
  }
}

output "stage_environment" {
  value = local.stage_environment
}
