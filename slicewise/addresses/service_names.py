"""Names that KServe takes: DNS-1035, and short enough for everything that is named after them."""

from __future__ import annotations

import hashlib
import re
from typing import Final

# What KServe v0.20 calls the Service of a service's pods: its name with this (pkg/controller/v1alpha2/llmisvc).
WORKLOAD_SERVICE_SUFFIX: Final = "-kserve-workload-svc"
# Single node: the limit of a label value, which the name becomes. Multi-node: 63 less what LeaderWorkerSet and its
# StatefulSets append (`-kserve-mn-<group>-<hash>`), for up to a thousand groups; 40 characters do for ten, and the
# eleventh has no workers. Both were measured on KServe v0.20.0.
MAX_LENGTH = 63
MAX_LENGTH_MULTI_NODE = 38
# An autoscaler must know what KServe calls the workload and its Service. KServe cuts these names with a hash of its own
# at 63 characters (kmeta.ChildName); below this none is cut, nor `keda-hpa-<name>`, which KEDA v2.20 refuses above 63.
MAX_LENGTH_AUTOSCALED = 63 - len(WORKLOAD_SERVICE_SUFFIX)
_LONGEST_NAME = 63
_HASH_LENGTH = 8
# How the names of services of several nodes end; no other service's name does.
_SEVERAL_NODES = re.compile(r"-n([0-9]+)$")


def service_name(deployment: str, *, nodes: int, autoscaled: bool) -> str:
    """Return the name of the service of `deployment` whose replicas span `nodes` nodes each.

    One node: the deployment's own. Several: with their number, because KServe does not let it change in a service that
    is there; under another name Pulumi makes a new service, and then removes the old one. What does not fit is cut,
    with a stable hash, and so is a name of one node that would look like another deployment's of several.
    """
    limit = MAX_LENGTH_AUTOSCALED if autoscaled else MAX_LENGTH
    suffix = ""
    if nodes > 1:
        suffix = f"-n{nodes}"
        limit = min(limit, MAX_LENGTH_MULTI_NODE) - len(suffix)
    misleading = nodes == 1 and _SEVERAL_NODES.search(deployment)
    if len(deployment) <= limit and not misleading:
        return f"{deployment}{suffix}"
    digest = hashlib.sha256(deployment.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{deployment[: limit - _HASH_LENGTH - 1].rstrip('-')}-{digest}{suffix}"


def nodes_of(service: str) -> int:
    """Return how many nodes a replica of `service` spans, by the end of its name."""
    found = _SEVERAL_NODES.search(service)
    return max(int(found[1]), 1) if found else 1


def workload_service(service: str) -> str:
    """Return what KServe calls its Service for the pods of `service`: cut with a hash of its own above 63 characters.

    As `ChildName` has it (knative.dev/pkg, kmeta/names.go), for a suffix as short as this one.
    """
    if len(service) + len(WORKLOAD_SERVICE_SUFFIX) > _LONGEST_NAME:
        digest = hashlib.md5(service.encode(), usedforsecurity=False).hexdigest()
        service = service[: _LONGEST_NAME - len(digest) - len(WORKLOAD_SERVICE_SUFFIX)] + digest
    return f"{service}{WORKLOAD_SERVICE_SUFFIX}"
