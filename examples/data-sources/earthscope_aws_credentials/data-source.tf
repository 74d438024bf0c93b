# The credentials are stored in state. Prefer ephemeral "earthscope_aws_credentials" wherever the consumer accepts an
# ephemeral value, as provider "aws" does.
data "earthscope_aws_credentials" "this" {
  role    = "s3-miniseed-v2"
  network = "FDSN:IU"
}

# For a shell: eval "$(terraform output -raw aws_environment)"
output "aws_environment" {
  sensitive = true
  value     = <<-EOT
    export AWS_ACCESS_KEY_ID='${data.earthscope_aws_credentials.this.access_key_id}'
    export AWS_SECRET_ACCESS_KEY='${data.earthscope_aws_credentials.this.secret_access_key}'
    export AWS_SESSION_TOKEN='${data.earthscope_aws_credentials.this.session_token}'
  EOT
}

output "valid_until" {
  value = data.earthscope_aws_credentials.this.expiration
}

# Parameters that have no argument here are sent as they are.
data "earthscope_aws_credentials" "named" {
  role       = "s3-miniseed-v2"
  network    = "FDSN:IU"
  parameters = { purpose = "campaign" }
}

# A temporary network needs the year of its deployment.
data "earthscope_aws_credentials" "temporary" {
  role    = "s3-miniseed-v2"
  network = "FDSN:7D"
  year    = 2014
}
