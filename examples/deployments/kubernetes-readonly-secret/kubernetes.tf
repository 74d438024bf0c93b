provider "kubernetes" {
  config_path = "~/.kube/config"
}

resource "kubernetes_secret_v1" "earthscope" {
  metadata {
    name = "earthscope"
  }
  data_wo          = local.secret_data
  data_wo_revision = local.secret_revision
}

resource "kubernetes_deployment_v1" "picker" {
  metadata {
    name = "picker"
  }
  spec {
    replicas = 20
    selector {
      match_labels = { app = "picker" }
    }
    template {
      metadata {
        labels = { app = "picker" }
        # The SDK reads its tokens once: new pods for a new token.
        annotations = { "earthscope/token" = tostring(local.secret_revision) }
      }
      spec {
        security_context {
          run_as_user = 1000
          fs_group    = 1000
        }
        container {
          name  = "picker"
          image = "ghcr.io/example/picker:1"
          security_context {
            read_only_root_filesystem = true
          }
          volume_mount {
            name       = "earthscope"
            mount_path = "/home/jovyan/.earthscope/default"
            read_only  = true
          }
        }
        volume {
          name = "earthscope"
          secret {
            secret_name  = kubernetes_secret_v1.earthscope.metadata[0].name
            default_mode = "0440"
          }
        }
      }
    }
  }
}
