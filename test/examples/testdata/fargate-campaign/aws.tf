# Stands in for the AWS side: a file is the secret, and it is written when the version changes.
locals {
  secret_arn         = "arn:aws:secretsmanager:us-east-2:123456789012:secret:earthscope-a1b2c3"
  execution_role_arn = "arn:aws:iam::123456789012:role/execution"
  job_role_arn       = "arn:aws:iam::123456789012:role/job"
}

resource "terraform_data" "secret" {
  triggers_replace = local.secret_version

  provisioner "local-exec" {
    command     = "printf %s \"$SECRET\" > secret.json"
    environment = { SECRET = local.secret }
  }
}
