# Credentials that can read one network's data, in no state and no plan.
ephemeral "earthscope_aws_credentials" "archive" {
  role    = "s3-miniseed-v2"
  network = "FDSN:IU"
}

# A temporary network needs the year of its deployment. With the login of a profile that need not be the provider's.
ephemeral "earthscope_aws_credentials" "temporary" {
  profile = "default"
  role    = "s3-miniseed-v2"
  network = "FDSN:7D"
  year    = 2014
}

# A second AWS provider that works with EarthScope's credentials, beside the one for your own account.
provider "aws" {
  alias      = "earthscope"
  region     = "us-east-2" # where the archive is
  access_key = ephemeral.earthscope_aws_credentials.archive.access_key_id
  secret_key = ephemeral.earthscope_aws_credentials.archive.secret_access_key
  token      = ephemeral.earthscope_aws_credentials.archive.session_token
}

data "aws_caller_identity" "earthscope" {
  provider = aws.earthscope
}

output "role_in_use" {
  value = data.aws_caller_identity.earthscope.arn
}
