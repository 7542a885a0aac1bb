"""Before anything is declared: whose the objects are that exist already, which cluster it is, what is gone.

`settle_ownership` decides it from what the clusters have said: `owners.py` says what is another's, `drift.py` what was
changed or deleted since it was applied, and `cluster_identity.py` whether it is the same cluster.
"""

from .settlement import Note, Ownership, settle_ownership

__all__ = ["Note", "Ownership", "settle_ownership"]
