# A config.toml with two profiles and no secret; each host logs in by itself.
output "config_toml" {
  value = join("\n", [
    provider::earthscope::config_toml("default", {
      "http.timeout_read" = "30"
    }),
    provider::earthscope::config_toml("stage", {
      "oauth2.domain"        = "https://login.stage.example.org/"
      "oauth2.audience"      = "https://api.stage.example.org"
      "resources.api_url"    = "https://api.stage.example.org/"
      "oauth2.allowed_hosts" = jsonencode(["api.stage.example.org"])
    }),
  ])
}
