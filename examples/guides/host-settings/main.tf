# What a host can be given, and where. Each argument has a default; a host usually needs two or three of them.

# A service of another user: settings and token for systemd, the store for everything else.
resource "earthscope_remote_host" "service" {
  host             = "service.example.org"
  private_key_file = "/home/me/.ssh/service"
  profile          = "stage"
  become           = { user = "earthscope", method = "sudo" }

  settings = {
    "http.timeout_read"    = "30"
    "oauth2.allowed_hosts" = jsonencode(["api.stage.example.org"])
  }

  tokens_file = { mode = "0600", owner = "earthscope", group = "earthscope", include_token = true }
  config_file = { path = "/srv/earthscope/config.toml", mode = "0640", owner = "earthscope", group = "operators", include_token = false }

  environment_files = {
    "/etc/earthscope/service.env" = {
      format        = "systemd"
      style         = "bootstrap" # the SDK's lowest source: what it renews in its store stays in force
      mode          = "0600"
      owner         = "root"
      group         = "root"
      include_token = false
    }
  }
  compose_files = {
    "/srv/compose/compose.override.yaml" = { services = ["picker"], style = "variables", mode = "0600", owner = "root", group = "docker" }
  }

  timeouts = { create = "10m", read = "1m", update = "5m", delete = "5m" }
}

# A machine with a client secret of its own, and a key that is taken on trust the first time.
variable "client_secret" {
  type      = string
  ephemeral = true
  default   = null
}

resource "earthscope_remote_host" "machine" {
  host                     = "machine.example.org"
  trust_on_first_use       = true
  credential               = "client_credentials"
  client_secret_wo         = var.client_secret
  client_secret_wo_version = 1
  config_file              = {}   # tokens.json can't hold a client secret
  adopt                    = true # takes over what a person has put there; destroy then deletes it
}

# The provider's own session on a second machine: only where refresh tokens are not replaced at each use.
resource "earthscope_remote_host" "shared" {
  host                 = "desktop.example.org"
  allow_shared_session = true
}
