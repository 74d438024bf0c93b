# What a host can be given, and where. Each argument has a default; a host usually needs two or three of them.

# A service of another user: settings and token for systemd, the store for everything else.
resource "earthscope_remote_host" "service" {
  host             = "service.example.org"
  private_key_file = "/home/me/.ssh/service"
  profile          = "stage"
  become           = { user = "root", method = "sudo" } # only root gives files to others

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

# A host with a session of its own behind two jump hosts, whose keys are known beforehand.
ephemeral "earthscope_refresh_token" "node" {
  profile = "node"
}

resource "earthscope_remote_host" "node" {
  host     = "node.example.org"
  port     = 2222
  user     = "gnss"
  host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mTbLJSbGBvOmr9kf6pLmDWV3nXaqzmWnTqaAhYQ2k"
  proxy_jump = [
    { host = "gateway.example.org", port = 22, user = "ada" },
    { host = "inner.example.org", host_key = "@cert-authority ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mTbLJSbGBvOmr9kf6pLmDWV3nXaqzmWnTqaAhYQ2k" },
  ]

  refresh_token_wo         = ephemeral.earthscope_refresh_token.node.refresh_token
  refresh_token_wo_version = 1 # only a higher one pushes another token; without it, every other token is pushed

  verify_command = "es user get-profile" # on the host, after each write
  on_unreachable = "warn"                # a plan goes on without a host that is off
}

# A login node with a second factor: this machine's ssh, and an access token that has at least half a day left.
resource "earthscope_remote_host" "login_node" {
  host       = "hpc"
  transport  = "openssh"
  credential = "access_token"
  min_ttl    = "12h"
}
