"""Labels and annotations of pods that others set, and rely on."""

from __future__ import annotations

from typing import Final

_KSERVE: Final = "KServe"
_KUBERNETES: Final = "Kubernetes"
_SLICEWISE: Final = "Slicewise"
# Who sets a key of this prefix, whatever follows it.
_PREFIXES: Final = {
    "slicewise.dev": _SLICEWISE,
    "modelplane.ai": _SLICEWISE,
    "kserve.io": _KSERVE,
    "llm-d.ai": _KSERVE,
    "kubernetes.io": _KUBERNETES,
    "k8s.io": _KUBERNETES,
}
# What KServe v0.20 selects pods by (singleNodeLabels and workerLabels in its controller), and what marks our objects.
_LABELS: Final = {
    "app.kubernetes.io/name": _KSERVE,
    "app.kubernetes.io/component": _KSERVE,
    "app.kubernetes.io/part-of": _KSERVE,
    "app.kubernetes.io/managed-by": _SLICEWISE,
    "pod-template-hash": _KUBERNETES,
    "controller-revision-hash": _KUBERNETES,
}
# Parts of Kubernetes that leave labels of these prefixes to users.
_FREE_FOR_LABELS: Final = frozenset({"app.kubernetes.io"})
# Annotations that are meant to be set by users.
_FREE: Final = frozenset({"kubernetes.io/ingress-bandwidth", "kubernetes.io/egress-bandwidth"})
_LEADER_WORKER_SET: Final = "leaderworkerset.sigs.k8s.io"
_TOPOLOGY: Final = frozenset({"exclusive-topology", "subgroup-exclusive-topology"})


def owner_of_label(key: str) -> str | None:
    """Return who sets a label of pods; None if users may."""
    if owner := _LABELS.get(key):
        return owner
    prefix, slash, _ = key.rpartition("/")
    if not slash or prefix in _FREE_FOR_LABELS:
        return None
    if prefix == _LEADER_WORKER_SET:
        return "LeaderWorkerSet"
    return _owner(prefix)


def owner_of_annotation(key: str) -> str | None:
    """Return who sets an annotation of pods; None if users may.

    Those of a part of Kubernetes (`cluster-autoscaler.kubernetes.io/safe-to-evict`) are mostly meant for users.
    """
    prefix, slash, name = key.rpartition("/")
    if not slash or key in _FREE:
        return None
    if prefix == _LEADER_WORKER_SET:
        return None if name in _TOPOLOGY else "LeaderWorkerSet"
    owner = _owner(prefix)
    return owner if owner != _KUBERNETES or prefix in _PREFIXES else None


def _owner(prefix: str) -> str | None:
    """Return whose a prefix is: that of a domain, or of one below it; x-k8s.io is not below k8s.io."""
    return next((owner for domain, owner in _PREFIXES.items() if f".{prefix}".endswith(f".{domain}")), None)
