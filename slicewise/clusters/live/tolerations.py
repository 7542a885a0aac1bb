"""Whether pods with some tolerations may run on nodes with some taints, by Kubernetes' own rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from slicewise.clusters.live.facts import Taint
from slicewise.documents import Toleration

REPELS = frozenset({"NoSchedule", "NoExecute"})
# Such taints are never declared: what sets them on a node takes them away again, or removes the node.
_PASSING_KEYS: Final = frozenset(
    {
        "ToBeDeletedByClusterAutoscaler",
        "DeletionCandidateOfClusterAutoscaler",
        "cloud.google.com/impending-node-termination",
    }
)
_PASSING_DOMAINS: Final = frozenset(
    {
        # Conditions of the node: disk pressure, a network that is not there yet, not Ready (api core/v1, TaintNode...).
        "node.kubernetes.io",
        "node.cloudprovider.kubernetes.io",
        "node.cluster.x-k8s.io",
        "startup-taint.cluster-autoscaler.kubernetes.io",
        "ignore-taint.cluster-autoscaler.kubernetes.io",
        "status-taint.cluster-autoscaler.kubernetes.io",
        # Of Karpenter's own: unregistered, disrupted.
        "karpenter.sh",
        "aws-node-termination-handler",
    }
)
# Of network and storage: node.cilium.io/agent-not-ready, ebs.csi.aws.com/agent-not-ready.
_AGENT_NOT_READY: Final = "agent-not-ready"


def keeping_out(taints: Iterable[Taint], tolerations: Iterable[Toleration]) -> list[Taint]:
    """Return the taints that keep pods with `tolerations` from a node for now, and go by themselves."""
    tolerations = list(tolerations)
    return [
        taint
        for taint in taints
        if _is_passing(taint) and taint.effect in REPELS and not _is_tolerated(taint, tolerations)
    ]


def not_tolerated(taints: Iterable[Taint], tolerations: Iterable[Toleration]) -> list[Taint]:
    """Return the taints that no toleration tolerates, without those that come and go by themselves."""
    tolerations = list(tolerations)
    return [taint for taint in taints if not _is_passing(taint) and not _is_tolerated(taint, tolerations)]


def _is_passing(taint: Taint) -> bool:
    domain, _, name = taint.key.rpartition("/")
    return taint.key in _PASSING_KEYS or domain in _PASSING_DOMAINS or (domain != "" and name == _AGENT_NOT_READY)


def _is_tolerated(taint: Taint, tolerations: Iterable[Toleration]) -> bool:
    return any(tolerates(toleration, taint) for toleration in tolerations)


def tolerates(toleration: Toleration, taint: Taint) -> bool:
    """Return whether one tolerates the other (k8s.io/api core/v1 toleration.go, ToleratesTaint).

    No effect means every effect, no key every key; operator Exists does not look at the value.
    """
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    return toleration.operator == "Exists" or (toleration.value or "") == taint.value
