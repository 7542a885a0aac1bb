"""What the cloud calls a cluster, where the kubeconfig's context and the nodes say it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from slicewise.clusters.live import LiveNode
from slicewise.documents import CLOUD_NAME, PROJECT
from slicewise.kubernetes import REGION_LABEL

# How `gcloud container clusters get-credentials` and `aws eks update-kubeconfig` call their contexts.
_GKE_CONTEXT: Final = re.compile(r"gke_(?P<project>[^_]+)_(?P<location>[^_]+)_(?P<cluster>[^_]+)")
_EKS_CONTEXT: Final = re.compile(r"arn:aws[a-z-]*:eks:(?P<region>[^:]+):[0-9]+:cluster/(?P<cluster>.+)")
_EKSCTL_LABEL: Final = "alpha.eksctl.io/cluster-name"


def cloud_reference(nodes: Sequence[LiveNode], context: str) -> Mapping[str, Mapping[str, str]] | None:
    """Return the `gke` or `eks` block that reaches the cluster; None where not all of it is known for certain.

    Args:
        nodes: The cluster's nodes.
        context: The name of the kubeconfig's context.
    """
    machines = {node.provider_id.rpartition("/")[0] for node in nodes if node.provider_id}
    if machines and all(machine.startswith("gce://") for machine in machines):
        return _gke(machines, context)
    if machines and all(machine.startswith("aws:///") for machine in machines):
        return _eks(nodes, context)
    return None


def _gke(machines: set[str], context: str) -> Mapping[str, Mapping[str, str]] | None:
    named = _GKE_CONTEXT.fullmatch(context)
    projects = {machine.removeprefix("gce://").partition("/")[0] for machine in machines}
    if named is None or projects != {named["project"]} or not PROJECT.fits(named["project"]):
        return None
    return _block("gke", named.groupdict())


def _eks(nodes: Sequence[LiveNode], context: str) -> Mapping[str, Mapping[str, str]] | None:
    named = _EKS_CONTEXT.fullmatch(context)
    if named:
        return _block("eks", named.groupdict())
    regions = {node.labels.get(REGION_LABEL, "") for node in nodes}
    clusters = {node.labels.get(_EKSCTL_LABEL, "") for node in nodes} - {""}
    if len(regions) != 1 or len(clusters) != 1:
        return None
    return _block("eks", {"region": regions.pop(), "cluster": clusters.pop()})


def _block(cloud: str, fields: Mapping[str, str]) -> Mapping[str, Mapping[str, str]] | None:
    names = [value for field, value in fields.items() if field != "project"]
    return {cloud: fields} if all(CLOUD_NAME.fits(name) for name in names) else None
