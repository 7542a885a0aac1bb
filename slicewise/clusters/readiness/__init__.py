"""Whether services serve: by their pods, and if they do not, what they wait for.

`observe` reads what a cluster has of one service, `observe_all` of all; `pods.py` and `pod_waits.py` judge it, and are
pure.
"""

from slicewise.clusters.readiness.observing import ObservedServices, list_services, observe, observe_all
from slicewise.clusters.readiness.pods import (
    ExpectedService,
    Observed,
    count_serving,
    pod_reasons,
    replicas_of,
    what_is_missing,
    why_unready,
)

__all__ = [
    "ExpectedService",
    "Observed",
    "ObservedServices",
    "count_serving",
    "list_services",
    "observe",
    "observe_all",
    "pod_reasons",
    "replicas_of",
    "what_is_missing",
    "why_unready",
]
