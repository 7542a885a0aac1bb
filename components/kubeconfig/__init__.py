"""Where the kubeconfigs of existing clusters come from, and whether they can be used.

`sources.kubeconfigs` returns them all, checked; each `from_*.py` is one source.
"""
