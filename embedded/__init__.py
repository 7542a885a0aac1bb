"""A real Kubernetes API server (etcd and kube-apiserver) on this machine's loopback interface, for tests."""
