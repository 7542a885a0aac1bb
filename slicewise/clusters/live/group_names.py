"""Names of groups of nodes, which clouds and tools write into labels: where, and which of them are generated."""

from __future__ import annotations

import re
from typing import Final

from slicewise.kubernetes import COMPUTE_CLASS_LABEL, EKS_POOL_LABEL, GKE_POOL_LABEL

OWN_POOL_LABEL: Final = "slicewise.dev/pool"
"""What a person writes for Slicewise."""
# Labels in which clouds and tools write a pool's name: GKE, EKS, eksctl, Karpenter, AKS, Cluster API, Gardener,
# DigitalOcean, Scaleway, Akamai; the last is what a person names for GKE to make pools by, under generated names.
POOL_LABELS: Final = (
    OWN_POOL_LABEL,
    GKE_POOL_LABEL,
    EKS_POOL_LABEL,
    "alpha.eksctl.io/nodegroup-name",
    "karpenter.sh/nodepool",
    "kubernetes.azure.com/agentpool",
    "node.cluster.x-k8s.io/pool",
    "worker.gardener.cloud/pool",
    "doks.digitalocean.com/node-pool",
    "k8s.scaleway.com/pool-name",
    "lke.linode.com/pool-id",
    COMPUTE_CLASS_LABEL,
)
# GKE's node auto-provisioning: https://cloud.google.com/kubernetes-engine/docs/concepts/node-auto-provisioning
_BY_GKE: Final = re.compile("nap-.+")
# Terraform's `name_prefix` ends in a time of day with a counter, 26 digits (hashicorp/terraform-plugin-sdk,
# helper/id), Pulumi's automatic names in seven hexadecimal digits, CloudFormation's in twelve letters and digits.
_ENDS_GENERATED: Final = re.compile(
    r".*(?:[0-9]{14,}|[-_](?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{7,}|-(?=.{0,11}[0-9])(?=.{0,11}[A-Z])[A-Za-z0-9]{12})"
)
_UUID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_generated(key: str, name: str) -> bool:
    """Return whether a label says a name of a group of nodes that nobody chose, and that goes with the group."""
    if key not in POOL_LABELS or key in (OWN_POOL_LABEL, COMPUTE_CLASS_LABEL):
        return False
    return bool((key == GKE_POOL_LABEL and _BY_GKE.fullmatch(name)) or _ENDS_GENERATED.fullmatch(name))


def is_identifier(value: str) -> bool:
    """Return whether the value of a label is a number that a machine drew: it is what it is of nothing else."""
    return bool(_UUID.fullmatch(value))
