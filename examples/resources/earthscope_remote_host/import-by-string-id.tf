import {
  to = earthscope_remote_host.node
  id = "ubuntu@node1.example.org:2222#stage"
}
