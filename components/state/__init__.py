"""What the stack had before this run.

`previous_stack` reads its outputs, and `read_state` its state, where the outputs cannot tell. `clusters_to_outputs`
writes what the next run reads of the clusters.
"""

from .cluster_outputs import (
    CLUSTERS_OUTPUT,
    LEAVING_OUTPUT,
    SKIPPED_OUTPUT,
    STACK_OUTPUT,
    KnownCluster,
    Renamed,
    clusters_to_outputs,
    find_renamed,
)
from .previous_plan import PreviousStack, leaving, previous_stack
from .stack_state import Applied, EnvironmentState, Resource, StackState, provider_urn, read_state

__all__ = [
    "CLUSTERS_OUTPUT",
    "LEAVING_OUTPUT",
    "SKIPPED_OUTPUT",
    "STACK_OUTPUT",
    "Applied",
    "EnvironmentState",
    "KnownCluster",
    "PreviousStack",
    "Renamed",
    "Resource",
    "StackState",
    "clusters_to_outputs",
    "find_renamed",
    "leaving",
    "previous_stack",
    "provider_urn",
    "read_state",
]
