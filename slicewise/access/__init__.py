"""Reaching clusters: kubeconfigs that can be used, whether a server answers, and clients of it."""
