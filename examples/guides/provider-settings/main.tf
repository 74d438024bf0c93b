# Every setting of the provider block. All are optional; a file of a deployment needs a few of them at most.
variable "ssh_private_key" {
  type      = string
  ephemeral = true
  default   = null
}

variable "ssh_passphrase" {
  type      = string
  ephemeral = true
  default   = null
}

variable "sudo_password" {
  type      = string
  ephemeral = true
  default   = null
}

provider "earthscope" {
  profile           = "stage"
  config_dir        = "/srv/earthscope" # default: ~/.earthscope, the only folder that the SDK and the CLI know
  persist_tokens    = true
  refresh_threshold = "60s" # refresh a token that has less left

  # Another deployment of EarthScope: staff only.
  domain    = "https://login.stage.example.org/"
  api_url   = "https://api.stage.example.org/"
  audience  = "https://api.stage.example.org"
  client_id = "stage-cli"
  scope     = "openid profile offline_access"

  # A network that inspects TLS. Proxies come from HTTPS_PROXY, ALL_PROXY and NO_PROXY.
  ca_cert_file    = "/etc/ssl/certs/institute.pem"
  request_timeout = "30s"
  max_retries     = 4

  ssh = {
    user                   = "gnss"
    port                   = 22
    private_key            = var.ssh_private_key # or private_key_file, the agent, ~/.ssh/config
    private_key_passphrase = var.ssh_passphrase
    sudo_password          = var.sudo_password
    agent                  = false
    config_file            = "none"
    known_hosts_file       = "/etc/ssh/ssh_known_hosts"
    connect_timeout        = "30s"
    max_connections        = 32
    on_unreachable         = "error"
  }
}

# A machine-to-machine client, where EarthScope has issued one: it needs no login and nothing is ever rotated.
variable "client_secret" {
  type      = string
  ephemeral = true
  default   = null
}

provider "earthscope" {
  alias         = "machine"
  client_id     = "0123456789abcdef"
  client_secret = var.client_secret
}

# Hosts that take a certificate, or a password.
variable "ssh_password" {
  type      = string
  ephemeral = true
  default   = null
}

provider "earthscope" {
  alias = "other_hosts"

  ssh = {
    private_key_file = "/home/me/.ssh/id_ed25519"
    certificate      = "ssh-ed25519-cert-v01@openssh.com AAAA..."
    password         = var.ssh_password
  }
}

# A session from elsewhere, as in CI. An access token beside it is used first, while it lives.
variable "refresh_token" {
  type      = string
  ephemeral = true
  default   = null
}

variable "access_token" {
  type      = string
  ephemeral = true
  default   = null
}

provider "earthscope" {
  alias         = "ci"
  refresh_token = var.refresh_token
  access_token  = var.access_token
}
