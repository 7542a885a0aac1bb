"""Whether pods with some tolerations may run on nodes with some taints, by Kubernetes' own rules."""

from __future__ import annotations

from collections.abc import Iterable

from slicewise.inventory.facts import Taint
from slicewise.spec.environment import Toleration

REPELS = frozenset({"NoSchedule", "NoExecute"})
# cluster-autoscaler's own: on a node that it removes, and on one that it may remove (it prefers others, no more).
_BEING_REMOVED = frozenset({"ToBeDeletedByClusterAutoscaler", "node.cloudprovider.kubernetes.io/uninitialized"})
_PASSING = frozenset({"DeletionCandidateOfClusterAutoscaler", *_BEING_REMOVED})


def comes_or_goes(taints: Iterable[Taint]) -> bool:
    """Return whether a cloud or cluster-autoscaler says that the node is being set up or removed."""
    return any(taint.key in _BEING_REMOVED for taint in taints)


def not_tolerated(taints: Iterable[Taint], tolerations: Iterable[Toleration]) -> list[Taint]:
    """Return the taints that no toleration tolerates, without those that come and go by themselves."""
    tolerations = list(tolerations)
    return [
        taint
        for taint in taints
        if taint.key not in _PASSING and not any(tolerates(toleration, taint) for toleration in tolerations)
    ]


def tolerates(toleration: Toleration, taint: Taint) -> bool:
    """Return whether one tolerates the other (k8s.io/api core/v1 toleration.go, ToleratesTaint).

    No effect means every effect, no key every key; operator Exists does not look at the value.
    """
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    return toleration.operator == "Exists" or (toleration.value or "") == taint.value
