"""Clusters that exist, before anything is declared in them.

`reach_clusters` has their kubeconfigs fetched and asks each for what the plan needs, `verify_clusters` compares each
with its document, and `skip_or_fail` says what happens where one cannot be used. `renamed_environments` finds those
that the stack knows by another name.
"""

from .reaching import Reached, reach_clusters
from .renaming import renamed_environments
from .skipping import Skipped, SkipReason, keep_outputs, refuse_if_all_are_skipped, skip_or_fail, tell_skipped
from .verifying import verify_clusters

__all__ = [
    "Reached",
    "SkipReason",
    "Skipped",
    "keep_outputs",
    "reach_clusters",
    "refuse_if_all_are_skipped",
    "renamed_environments",
    "skip_or_fail",
    "tell_skipped",
    "verify_clusters",
]
