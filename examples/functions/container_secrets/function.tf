locals {
  # In real life: aws_secretsmanager_secret.earthscope.arn
  secret_arn = "arn:aws:secretsmanager:us-east-2:123456789012:secret:earthscope-a1b2c3"
}

# The containerProperties of aws_batch_job_definition; container_definitions of aws_ecs_task_definition take the same list.
output "container_properties" {
  value = jsonencode({
    image            = "ghcr.io/example/campaign:1"
    executionRoleArn = "arn:aws:iam::123456789012:role/reads-the-secret"
    jobRoleArn       = "arn:aws:iam::123456789012:role/does-not"
    secrets = provider::earthscope::container_secrets({
      "oauth2.access_token" = "${local.secret_arn}:access_token::"
    })
  })
}
