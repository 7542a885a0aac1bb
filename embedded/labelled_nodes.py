"""Fake pools that carry the labels, taints and resources of real GPU nodes, by who labels them.

Sources: GPU feature discovery and device plugin: `embedded.nvidia`, recorded of their code. MIG manager: mig-parted
v0.15. GKE: container-engine-accelerators, and GKE's autoscaler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from embedded.fake_nodes import FakePool
from embedded.nvidia import recorded_nodes

if TYPE_CHECKING:
    from collections.abc import Mapping

GPU_TAINT: Final = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}


def gfd(name: str, nodes: int, layout: str, labels: Mapping[str, str] | None = None) -> FakePool:
    """Return nodes with the GPU Operator, laid out as `embedded.nvidia.layouts` calls it: what was recorded of such."""
    node = recorded_nodes()[layout]
    own = {"nvidia.com/gpu.present": "true", **node.labels[0]}
    return FakePool(name, nodes, own | dict(labels or {}), resources=node.resources)


def mig_manager(layout: str, state: str = "success") -> dict[str, str]:
    """Return the labels of the GPU Operator's MIG manager."""
    return {"nvidia.com/mig.config": layout, "nvidia.com/mig.config.state": state}


def gke(
    name: str,
    nodes: int,
    accelerator: str,
    machine: str,
    units: int,
    partition: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> FakePool:
    """Return nodes of a GKE node pool: `units` are slices where there is a partition size; all are nvidia.com/gpu."""
    own = {
        "cloud.google.com/gke-accelerator": accelerator,
        "cloud.google.com/gke-gpu-driver-version": "latest",
        "cloud.google.com/gke-nodepool": name,
        "node.kubernetes.io/instance-type": machine,
        "topology.kubernetes.io/region": "europe-west4",
        "topology.kubernetes.io/zone": "europe-west4-b",
    }
    if partition:
        own["cloud.google.com/gke-gpu-partition-size"] = partition
    resources = {"nvidia.com/gpu": units}
    return FakePool(name, nodes, own | dict(labels or {}), taints=(GPU_TAINT,), resources=resources)


def on_eks(pool: FakePool, machine: str) -> FakePool:
    """Return `pool` as an EKS managed node group of that name: the GPU Operator labels the rest."""
    own = {
        "eks.amazonaws.com/nodegroup": pool.name,
        "node.kubernetes.io/instance-type": machine,
        "topology.kubernetes.io/region": "eu-central-1",
        "topology.kubernetes.io/zone": "eu-central-1a",
    }
    return FakePool(pool.name, pool.nodes, own | dict(pool.labels), pool.taints, pool.resources)


def bare_metal() -> list[FakePool]:
    """Return pools of a cluster with the GPU Operator and no cloud: whole, mixed and balanced GPUs of three models."""
    return [
        gfd("h100-small", 4, "h100-80gb/all-3g.40gb/mixed", labels=mig_manager("all-3g.40gb")),
        gfd("h100-balanced", 2, "h100-80gb/balanced/mixed", labels=mig_manager("all-balanced")),
        gfd("a100-tiny", 1, "a100-40gb/all-1g.5gb/mixed", labels=mig_manager("all-1g.5gb")),
        gfd("h200-whole", 2, "h200/whole/mixed", labels=mig_manager("all-disabled")),
    ]


def single_strategy() -> list[FakePool]:
    """Return pools of a cluster whose device plugin runs strategy single, where slices and GPUs share one resource."""
    return [
        gfd("h100-single", 2, "h100-80gb/all-3g.40gb/single", labels=mig_manager("all-3g.40gb")),
        gfd("h200-single", 1, "h200/all-1g.18gb/single", labels=mig_manager("all-1g.18gb")),
        gfd("h100-whole", 1, "h100-80gb/whole/single", labels=mig_manager("all-disabled")),
    ]


def gke_cluster() -> list[FakePool]:
    """Return node pools of a GKE cluster: slices, whole GPUs, and machines without."""
    return [
        gke("slices", 2, "nvidia-h100-80gb", "a3-highgpu-8g", 16, "3g.40gb"),
        gke("small", 1, "nvidia-tesla-a100", "a2-highgpu-1g", 7, "1g.5gb"),
        gke("whole", 1, "nvidia-h200-141gb", "a3-ultragpu-8g", 8),
        FakePool("system", 1, {"cloud.google.com/gke-nodepool": "system"}),
    ]


def eks_cluster() -> list[FakePool]:
    """Return node groups of an EKS cluster with the GPU Operator: slices by MIG manager, and whole GPUs."""
    return [
        on_eks(gfd("h100-slices", 2, "h100-80gb/all-1g.10gb/mixed", labels=mig_manager("all-1g.10gb")), "p5.48xlarge"),
        on_eks(gfd("a100-slices", 1, "a100-40gb/all-1g.5gb/single", labels=mig_manager("all-1g.5gb")), "p4d.24xlarge"),
        on_eks(gfd("l40s", 1, "l40s/whole/mixed"), "g6e.12xlarge"),
        FakePool(
            "system", 1, {"eks.amazonaws.com/nodegroup": "system", "node.kubernetes.io/instance-type": "m7i.xlarge"}
        ),
    ]
