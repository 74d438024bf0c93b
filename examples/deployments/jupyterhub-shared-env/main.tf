terraform {
  required_version = ">= 1.8"

  required_providers {
    earthscope = {
      source  = "earthscope/earthscope"
      version = "~> 0.1"
    }
    local = {
      source  = "hashicorp/local"
      version = ">= 2.5"
    }
  }
}

variable "settings" {
  description = "SDK settings that all users of the hub share, by dotted name. No secret: every user's tokens are the hub's."
  type        = map(string)
  default = {
    "oauth2.domain"      = "https://login.earthscope.org/"
    "oauth2.audience"    = "https://api.earthscope.org"
    "oauth2.client_id"   = "b9DtAFBd6QvMg761vI3YhYquNZbJX5G0"
    "oauth2.scope"       = "openid profile offline_access"
    "http.extra_headers" = "{\"X-Hub\": \"ours\"}" # tables and lists as JSON, whose braces are doubled too
  }
}

# Values for the hub's Helm chart. KubeSpawner formats environment values as Python does, so that braces of JSON have to
# be doubled; undoubled, the server does not start, and doubled anywhere else, the SDK ignores the variable.
resource "local_file" "values" {
  filename        = "${path.root}/values.yaml"
  file_permission = "0644"
  content = yamlencode({
    singleuser = {
      extraEnv = {
        ES_BOOTSTRAP_SETTINGS = provider::earthscope::bootstrap_settings(var.settings, "kubespawner")
      }
      # Every other source outranks the variable: an old login in a home that lasts hides what the hub gives.
      lifecycleHooks = {
        postStart = {
          exec = { command = ["sh", "-c", file("${path.root}/report-stale-login.sh")] }
        }
      }
    }
  })
}
