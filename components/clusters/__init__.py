"""Clusters that exist, before anything is declared in them.

`reach_clusters` has their kubeconfigs fetched and asks each for what the plan needs, `verify_clusters` compares each
with its document, and `skip_or_fail` says what happens where one cannot be used.
"""
