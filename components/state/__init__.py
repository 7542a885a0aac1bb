"""What the stack had before this run.

`previous_stack` reads its outputs, and `read_state` its state, where the outputs cannot tell. `clusters_to_outputs`
writes what the next run reads of the clusters.
"""

from .cluster_outputs import (
    CLUSTERS_OUTPUT,
    DIGEST_OUTPUT,
    ELSEWHERE_OUTPUT,
    LEAVING_OUTPUT,
    REVISION_OUTPUT,
    SKIPPED_OUTPUT,
    STACK_OUTPUT,
    UNSERVED_OUTPUT,
    KnownCluster,
    Renamed,
    clusters_to_outputs,
    find_renamed,
)
from .engine_reads import StackUnreadableError, read_outputs_of, read_stack_outputs
from .previous_plan import PreviousStack, parse_outputs, parse_own_outputs, previous_stack, services_leaving
from .stack_state import (
    ENVIRONMENTS_OUTPUT,
    Applied,
    EnvironmentState,
    PlanOwner,
    StackState,
    StateResource,
    read_state,
)

__all__ = [
    "CLUSTERS_OUTPUT",
    "DIGEST_OUTPUT",
    "ELSEWHERE_OUTPUT",
    "ENVIRONMENTS_OUTPUT",
    "LEAVING_OUTPUT",
    "REVISION_OUTPUT",
    "SKIPPED_OUTPUT",
    "STACK_OUTPUT",
    "UNSERVED_OUTPUT",
    "Applied",
    "EnvironmentState",
    "KnownCluster",
    "PlanOwner",
    "PreviousStack",
    "Renamed",
    "StackState",
    "StackUnreadableError",
    "StateResource",
    "clusters_to_outputs",
    "find_renamed",
    "parse_outputs",
    "parse_own_outputs",
    "previous_stack",
    "read_outputs_of",
    "read_stack_outputs",
    "read_state",
    "services_leaving",
]
