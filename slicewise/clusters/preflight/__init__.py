"""What a plan needs of a cluster, asked before anything is declared there.

`ask_or_refusal` has one conversation with a cluster, `problems_of` says what its answer means for the plan, and
`owner` whose an object is that exists already.
"""

from slicewise.clusters.preflight.conversation import ClusterAnswer, ask_or_refusal
from slicewise.clusters.preflight.judgement import CAUSES, INSTALL, RIGHTS_UNKNOWN, problems_of, rights_missing
from slicewise.clusters.preflight.missing_namespaces import LET_THE_STACK, creating, is_reserved
from slicewise.clusters.preflight.ownership import Owner, StackClaim, has_all, owner

__all__ = [
    "CAUSES",
    "INSTALL",
    "LET_THE_STACK",
    "RIGHTS_UNKNOWN",
    "ClusterAnswer",
    "Owner",
    "StackClaim",
    "ask_or_refusal",
    "creating",
    "has_all",
    "is_reserved",
    "owner",
    "problems_of",
    "rights_missing",
]
