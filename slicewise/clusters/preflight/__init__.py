"""What a plan needs of a cluster, asked before anything is declared there.

`needs_of` lists what a plan needs, `ask_or_refusal` asks a cluster for it in one conversation, `problems_of` says what
its answer means for the plan, and `owner` who owns an object that already exists.
"""

from slicewise.clusters.preflight.conversation import ClusterAnswer, ask_or_refusal
from slicewise.clusters.preflight.judgement import (
    CAUSES,
    RIGHTS_UNKNOWN,
    installing,
    problems_of,
    rights_missing,
    unserved_kinds,
)
from slicewise.clusters.preflight.missing_namespaces import LET_THE_STACK, creating, is_reserved
from slicewise.clusters.preflight.needs import (
    Needs,
    is_autoscaled,
    kinds_made_of,
    needs_of,
    needs_of_leaving,
    resource_of,
    spans_nodes,
)
from slicewise.clusters.preflight.ownership import Owner, StackClaim, has_all, owner

__all__ = [
    "CAUSES",
    "LET_THE_STACK",
    "RIGHTS_UNKNOWN",
    "ClusterAnswer",
    "Needs",
    "Owner",
    "StackClaim",
    "ask_or_refusal",
    "creating",
    "has_all",
    "installing",
    "is_autoscaled",
    "is_reserved",
    "kinds_made_of",
    "needs_of",
    "needs_of_leaving",
    "owner",
    "problems_of",
    "resource_of",
    "rights_missing",
    "spans_nodes",
    "unserved_kinds",
]
