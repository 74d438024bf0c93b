# A token that is in no state and no plan. One refresh serves every block, alias and run until it expires.
ephemeral "earthscope_access_token" "this" {
  min_ttl = "1h"

  # For programs that read the token from a file again and again during a long apply: 0600, renewed while Terraform
  # runs, removed at the end.
  token_file = "${path.root}/.terraform/earthscope-token"
}

# It feeds provider blocks, write-only arguments, provisioners and other ephemeral blocks. Here: a provider that uses
# this token as long as it lives.
provider "earthscope" {
  alias        = "short_lived"
  access_token = ephemeral.earthscope_access_token.this.access_token
}

data "earthscope_identity" "worker" {
  provider = earthscope.short_lived
}
