"""Where the kubeconfigs of existing clusters come from, and whether they can be used."""
