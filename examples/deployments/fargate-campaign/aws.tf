# The AWS side: a secret, two roles, a job definition. Queue and compute environment are yours already.
provider "aws" {
  region = "us-east-2" # where the archive is
}

locals {
  secret_arn         = aws_secretsmanager_secret.earthscope.arn
  execution_role_arn = aws_iam_role.execution.arn
  job_role_arn       = aws_iam_role.job.arn
}

resource "aws_secretsmanager_secret" "earthscope" {
  name                    = "earthscope/campaign"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "earthscope" {
  secret_id                = aws_secretsmanager_secret.earthscope.id
  secret_string_wo         = local.secret
  secret_string_wo_version = local.secret_version
}

data "aws_iam_policy_document" "tasks" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

# Starts tasks: reads the secret.
resource "aws_iam_role" "execution" {
  name               = "earthscope-campaign-execution"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
}

resource "aws_iam_role_policy" "execution" {
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret.earthscope.arn },
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "*" },
    ]
  })
}

# The code runs as this one: it can't.
resource "aws_iam_role" "job" {
  name               = "earthscope-campaign-job"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
}

resource "aws_batch_job_definition" "campaign" {
  name                  = "earthscope-campaign"
  type                  = "container"
  platform_capabilities = ["FARGATE"]
  container_properties  = jsonencode(local.container_properties)
  depends_on            = [aws_secretsmanager_secret_version.earthscope]
}
