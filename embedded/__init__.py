"""A real Kubernetes control plane, or a whole cluster with fake GPU nodes and KServe, on the loopback interface."""
