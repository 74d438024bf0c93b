# What `es user get-profile` prints.
data "earthscope_user_profile" "this" {}

# A tag that tells colleagues whose campaign a resource belongs to.
locals {
  tags = {
    Owner       = "${data.earthscope_user_profile.this.first_name} ${data.earthscope_user_profile.this.last_name}"
    Institution = data.earthscope_user_profile.this.institution
  }
}

output "tags" {
  value = local.tags
}
