ephemeral "earthscope_access_token" "hub" {
  min_ttl = "8h"
}

locals {
  # For KubeSpawner's environment (JupyterHub), which is formatted like a Python template.
  for_kubespawner = provider::earthscope::bootstrap_settings({
    "oauth2.access_token" = ephemeral.earthscope_access_token.hub.access_token
    "oauth2.audience"     = "https://api.earthscope.org"
  }, "kubespawner")

  # For a file that a unit names with EnvironmentFile=.
  for_systemd = "ES_BOOTSTRAP_SETTINGS=${provider::earthscope::bootstrap_settings({
    "http.timeout_read" = "30"
    "dropoff.category"  = "miniseed"
  }, "systemd")}\n"
}

output "environment_file" {
  value = local.for_systemd
}
