# Stands in for the cluster: the secret's files are written when the revision changes.
resource "terraform_data" "secret" {
  triggers_replace = local.secret_revision

  provisioner "local-exec" {
    command     = "printf %s \"$TOKENS\" > tokens.json"
    environment = { TOKENS = local.secret_data["tokens.json"] }
  }
}
