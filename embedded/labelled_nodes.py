"""Fake pools that carry the labels, taints and resources of real GPU nodes, by who labels them.

Sources: GPU feature discovery and device plugin: k8s-device-plugin v0.20, internal/lm and internal/rm. MIG manager:
mig-parted v0.15. GKE: container-engine-accelerators, and GKE's autoscaler. Memory of slices: `nvidia-smi mig -lgip`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from embedded.fake_nodes import FakePool

if TYPE_CHECKING:
    from collections.abc import Mapping

GPU_TAINT: Final = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}


@dataclass(frozen=True)
class Slices:
    """Slices as GPU feature discovery tells of them: profile as in labels, how many a node has, MiB of each."""

    profile: str
    count: int
    memory: int


@dataclass(frozen=True)
class Gpu:
    """A GPU as GPU feature discovery tells of it: product label, MiB, family, compute capability."""

    product: str
    memory: int
    family: str
    compute: str = field(default="9.0")


H100: Final = Gpu("NVIDIA-H100-80GB-HBM3", 81559, "hopper")
H200: Final = Gpu("NVIDIA-H200", 143771, "hopper")
A100_40: Final = Gpu("NVIDIA-A100-SXM4-40GB", 40960, "ampere", "8.0")
A100_80: Final = Gpu("NVIDIA-A100-SXM4-80GB", 81920, "ampere", "8.0")

# MiB of a slice: 39.5 GiB, 9.75 GiB and 19.62 GiB on H100, 16 GiB on H200, 4.75 GiB on A100 40GB.
H100_3G: Final = Slices("3g.40gb", 16, 40448)
H100_1G: Final = Slices("1g.10gb", 56, 9984)
H100_ALL_BALANCED: Final = (
    Slices("1g.10gb", 16, 9984),
    Slices("2g.20gb", 8, 20096),
    Slices("3g.40gb", 8, 40448),
)
H200_1G: Final = Slices("1g.18gb", 56, 16384)
A100_40_1G: Final = Slices("1g.5gb", 56, 4864)


def gfd_whole(name: str, nodes: int, gpu: Gpu, count: int = 8, labels: Mapping[str, str] | None = None) -> FakePool:
    """Return nodes with whole GPUs, labelled by GPU feature discovery."""
    own = _gfd(gpu, gpu.product, count, gpu.memory)
    return FakePool(name, nodes, own | dict(labels or {}), resources={"nvidia.com/gpu": count})


def gfd_mixed(
    name: str, nodes: int, gpu: Gpu, *slices: Slices, count: int = 8, labels: Mapping[str, str] | None = None
) -> FakePool:
    """Return nodes whose GPUs are all cut, under strategy mixed: one resource a profile, `count` counts GPUs."""
    own = _gfd(gpu, gpu.product, count, gpu.memory) | {
        "nvidia.com/mig.strategy": "mixed",
        "nvidia.com/gpu.replicas": "0",
    }
    for each in slices:
        prefix = f"nvidia.com/mig-{each.profile}"
        own |= {
            f"{prefix}.product": f"{gpu.product}-MIG-{each.profile}",
            f"{prefix}.count": str(each.count),
            f"{prefix}.replicas": "1",
            f"{prefix}.sharing-strategy": "none",
            f"{prefix}.memory": str(each.memory),
        }
    resources = {f"nvidia.com/mig-{each.profile}": each.count for each in slices}
    return FakePool(name, nodes, own | dict(labels or {}), resources=resources | {"nvidia.com/gpu": 0})


def gfd_single(name: str, nodes: int, gpu: Gpu, slices: Slices, labels: Mapping[str, str] | None = None) -> FakePool:
    """Return nodes whose GPUs are all cut alike, under strategy single: `count` and `memory` are about slices."""
    own = _gfd(gpu, f"{gpu.product}-MIG-{slices.profile}", slices.count, slices.memory)
    own["nvidia.com/mig.strategy"] = "single"
    return FakePool(name, nodes, own | dict(labels or {}), resources={"nvidia.com/gpu": slices.count})


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
        gfd_mixed("h100-small", 4, H100, H100_3G, labels=mig_manager("all-3g.40gb")),
        gfd_mixed("h100-balanced", 2, H100, *H100_ALL_BALANCED, labels=mig_manager("all-balanced")),
        gfd_mixed("a100-tiny", 1, A100_40, A100_40_1G, labels=mig_manager("all-1g.5gb")),
        gfd_whole("h200-whole", 2, H200, labels=mig_manager("all-disabled")),
    ]


def single_strategy() -> list[FakePool]:
    """Return pools of a cluster whose device plugin runs strategy single, where slices and GPUs share one resource."""
    return [
        gfd_single("h100-single", 2, H100, H100_3G, labels=mig_manager("all-3g.40gb")),
        gfd_single("h200-single", 1, H200, H200_1G, labels=mig_manager("all-1g.18gb")),
        gfd_whole("h100-whole", 1, H100, labels=mig_manager("all-disabled")),
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
    l40s = Gpu("NVIDIA-L40S", 46068, "ada-lovelace", "8.9")
    return [
        on_eks(gfd_mixed("h100-slices", 2, H100, H100_1G, labels=mig_manager("all-1g.10gb")), "p5.48xlarge"),
        on_eks(gfd_single("a100-slices", 1, A100_40, A100_40_1G, labels=mig_manager("all-1g.5gb")), "p4d.24xlarge"),
        on_eks(gfd_whole("l40s", 1, l40s, 4), "g6e.12xlarge"),
        FakePool(
            "system", 1, {"eks.amazonaws.com/nodegroup": "system", "node.kubernetes.io/instance-type": "m7i.xlarge"}
        ),
    ]


def _gfd(gpu: Gpu, product: str, count: int, memory: int) -> dict[str, str]:
    major, _, minor = gpu.compute.partition(".")
    return {
        "nvidia.com/gpu.present": "true",
        "nvidia.com/gpu.product": product,
        "nvidia.com/gpu.count": str(count),
        "nvidia.com/gpu.replicas": "1",
        "nvidia.com/gpu.sharing-strategy": "none",
        "nvidia.com/gpu.memory": str(memory),
        "nvidia.com/gpu.family": gpu.family,
        "nvidia.com/gpu.compute.major": major,
        "nvidia.com/gpu.compute.minor": minor,
        "nvidia.com/mig.capable": "true" if gpu.family in ("ampere", "hopper") else "false",
    }
