# [user@]host[:port][#profile]
terraform import earthscope_remote_host.node ubuntu@node1.example.org:2222#stage
