"""Which labels of nodes a person may write, and which say how GPUs are cut."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# Domains of labels that kubelets, clouds, autoscalers, NVIDIA's operator and node feature discovery write, and restore
# when somebody else does.
_WRITTEN: Final = re.compile(
    r"(?:[a-z0-9.-]+\.)?(?:kubernetes\.io|k8s\.io|nvidia\.com|amd\.com|cloud\.google\.com|eks\.amazonaws\.com|"
    r"eksctl\.io|karpenter\.sh|karpenter\.k8s\.aws|kubernetes\.azure\.com|cluster\.x-k8s\.io|gardener\.cloud|"
    r"digitalocean\.com|scaleway\.com|linode\.com)/.*"
)
# Kubernetes keeps these for people.
_BY_HAND: Final = ("node-role.kubernetes.io/", "node-restriction.kubernetes.io/")
_OF_GPUS: Final = re.compile(r"nvidia\.com/.*|cloud\.google\.com/gke-(?:gpu-partition-size|accelerator(?:-count)?)")
# What GPU feature discovery and GKE say of units only while they are shared.
_OF_SHARES: Final = re.compile(
    r"nvidia\.com/.*\.product=.*-SHARED|nvidia\.com/.*\.sharing-strategy=(?!none$).*|nvidia\.com/.*\.replicas=(?![01]$).*"
    r"|cloud\.google\.com/gke-(?:gpu-sharing-strategy|max-shared-clients-per-gpu)=.*"
)


def is_written_by_hand(key: str) -> bool:
    """Return whether a person may put the label on a node, and it stays."""
    return key.startswith(_BY_HAND) or not _WRITTEN.fullmatch(key)


def tells_of_gpus(key: str) -> bool:
    """Return whether the label says what GPUs a node has and how they are cut."""
    return bool(_OF_GPUS.fullmatch(key))


def is_of_shares(key: str, values: Iterable[str]) -> bool:
    """Return whether the label has any of the values only where units are shared."""
    return any(_OF_SHARES.fullmatch(f"{key}={value}") for value in values)


def is_of_gke(key: str) -> bool:
    """Return whether GKE alone writes the label."""
    return key.startswith("cloud.google.com/")
