terraform {
  required_version = ">= 1.10"

  required_providers {
    earthscope = {
      source  = "earthscope/earthscope"
      version = "~> 0.1"
    }
  }
}

variable "login_node" {
  description = "Login node, or its alias in ~/.ssh/config."
  type        = string
  default     = "hpc"
}

variable "walltime" {
  description = "Time from the apply to the end of the job, waiting in the queue included. The token outlives it, or nothing is submitted."
  type        = string
  default     = "12h"
}

variable "submit_command" {
  description = "Command that submits the job. Its --time is Slurm's and does not follow from walltime."
  type        = string
  default     = "ssh hpc sbatch --time=12:00:00 --export=ALL,ES_PROFILE=prod job.sh"
}

# Profiles of ~/.earthscope/config.toml here.
provider "earthscope" {
  alias   = "prod"
  profile = "prod"
}

provider "earthscope" {
  alias   = "stage"
  profile = "stage"
}

# The home is shared by all nodes and read by many jobs at once: access tokens, which none of them can spend.
resource "earthscope_remote_host" "prod" {
  provider   = earthscope.prod
  host       = var.login_node
  transport  = "openssh" # this machine's ssh, with the connection that a person opened with a second factor
  profile    = "prod"
  credential = "access_token"
  min_ttl    = var.walltime
}

resource "earthscope_remote_host" "stage" {
  provider   = earthscope.stage
  host       = var.login_node
  transport  = "openssh"
  profile    = "stage"
  credential = "access_token"
  min_ttl    = var.walltime
}

# Refuses, before anything is queued, a walltime that no token outlives.
ephemeral "earthscope_access_token" "job" {
  provider = earthscope.prod
  min_ttl  = var.walltime

  lifecycle {
    postcondition {
      condition     = timecmp(self.expires_at, timeadd(plantimestamp(), var.walltime)) >= 0
      error_message = "A token ends before a job of this walltime would. Split the job, or let it fetch tokens itself."
    }
  }
}

resource "terraform_data" "job" {
  triggers_replace = plantimestamp() # every apply submits
  depends_on       = [earthscope_remote_host.prod, earthscope_remote_host.stage]

  provisioner "local-exec" {
    command = var.submit_command
  }
}
