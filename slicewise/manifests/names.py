"""Names that KServe takes: DNS-1035, and short enough for everything that is named after them."""

from __future__ import annotations

import hashlib

from slicewise.manifests.vocabulary import WORKLOAD_SERVICE_SUFFIX

# Single node: the limit of a label value, which the name becomes. Multi-node: 63 less what LeaderWorkerSet and its
# StatefulSets append (`-kserve-mn-<group>-<hash>`), for up to ten groups. Both were measured on KServe v0.20.0.
MAX_LENGTH = 63
MAX_LENGTH_MULTI_NODE = 40
# An autoscaler must know what KServe calls the workload and its Service. KServe cuts these names with a hash of its own
# at 63 characters (kmeta.ChildName); below this none is cut, nor `keda-hpa-<name>`, which KEDA v2.20 refuses above 63.
MAX_LENGTH_AUTOSCALED = 63 - len(WORKLOAD_SERVICE_SUFFIX)
_HASH_LENGTH = 8


def service_name(deployment: str, *, multi_node: bool, autoscaled: bool) -> str:
    """Return the name of the service of `deployment`: its own, cut with a stable hash where it is too long."""
    limit = MAX_LENGTH_AUTOSCALED if autoscaled else MAX_LENGTH
    if multi_node:
        limit = min(limit, MAX_LENGTH_MULTI_NODE)
    if len(deployment) <= limit:
        return deployment
    digest = hashlib.sha256(deployment.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{deployment[: limit - _HASH_LENGTH - 1].rstrip('-')}-{digest}"
