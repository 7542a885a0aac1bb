"""Rules of how a pool's pods get their slices or GPUs: what the cluster must have for it, and what it excludes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath
from slicewise.documents.allocation import OLDEST_RELEASE, Allocation, is_before_release
from slicewise.documents.cloud_nodes import catalogued
from slicewise.documents.cluster import Cluster, GkeCluster
from slicewise.documents.environment import NodePool
from slicewise.documents.pool_offers import is_dynamic
from slicewise.documents.rules.judged_entry import JudgedEntry
from slicewise.documents.rules.shared_nodes import may_have_one_node
from slicewise.documents.rules.told_by_gpus import are_told_by_gpus
from slicewise.mig import MigStrategy

_FIELD = "allocation"
# Attributes and capacities of a device together (resource.k8s.io/v1, ResourceSliceMaxAttributesAndCapacitiesPerDevice).
_MOST_PUBLISHED: Final = 32
# Of a slice that is cut already, beside a capacity for each of its memory slices: up to 14 attributes, three of which
# (resource.kubernetes.io/pcieRoot and numaNode, addressingMode) depend on the machine, and 7 capacities
# (kubernetes-sigs/dra-driver-nvidia-gpu v0.5.0, cmd/gpu-kubelet-plugin/deviceinfo.go, mig.go).
_PUBLISHED_OF_A_SLICE: Final = 14 + 7


def check_release(pool: NodePool, versions: Sequence[str], path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the cluster's Kubernetes, of which `versions` are known, is too old for the pool at `path`."""
    oldest = OLDEST_RELEASE.get(pool.allocation)
    version = next((each for each in versions if oldest and is_before_release(each, oldest)), None)
    if oldest is None or version is None:
        return
    if pool.allocation is Allocation.EXTENDED_RESOURCE:
        message = (
            f"the cluster runs Kubernetes {version}, and only from {oldest} on does the scheduler give devices to pods "
            "that ask for the resource of a DeviceClass: these would stay Pending"
        )
        has_claims = not is_before_release(version, OLDEST_RELEASE[Allocation.CLAIM])
        instead = "write allocation: claim" if has_claims else "leave allocation out"
        remedy = f"upgrade the cluster to {oldest} and correct kubernetesVersion, or {instead}"
    else:
        message = (
            f"the cluster runs Kubernetes {version}, and ResourceClaims (resource.k8s.io/v1) need {oldest} or later"
        )
        remedy = f"upgrade the cluster to {oldest} and correct kubernetesVersion, or leave allocation out"
    yield Diagnostic.error(
        Code.ALLOCATION_NEEDS_NEWER,
        message,
        remedy,
        field=(*path, _FIELD),
        allocation=pool.allocation.value,
        version=version,
        oldest=oldest,
    )


def check_strategy(pool: NodePool, cluster: Cluster, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield a strategy of the device plugin for slices that NVIDIA's DRA driver gives to pods."""
    mig = pool.mig
    if pool.allocation is Allocation.DEVICE_PLUGIN or mig is None or mig.strategy is not MigStrategy.SINGLE:
        return
    if isinstance(cluster.provisioned, GkeCluster):
        # There the allocation is the mistake.
        return
    message = (
        "strategy single is how the device plugin advertises slices, as nvidia.com/gpu, and with allocation: "
        f"{pool.allocation.value} pods get them from NVIDIA's DRA driver, by their profile"
    )
    yield Diagnostic.error(
        Code.STRATEGY_OF_DEVICE_PLUGIN,
        message,
        "leave strategy out",
        field=(*path, "capabilities", "migConfiguration", "strategy"),
        allocation=pool.allocation.value,
    )


def check_publishable(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the DRA driver may be unable to publish slices of the pool at `path`, which cover so much of a GPU."""
    mig, gpu = pool.mig, catalogued(pool)
    if pool.allocation is Allocation.DEVICE_PLUGIN or mig is None or mig.dynamic or gpu is None:
        return
    for name in mig.several or filter(None, (mig.profile,)):
        profile = gpu.profile(name)
        count = _PUBLISHED_OF_A_SLICE + (profile.memory_slices if profile else 0)
        if count > _MOST_PUBLISHED:
            message = (
                f"NVIDIA's DRA driver (0.5.0) publishes a slice of {name} on {gpu.name} with up to {count} attributes "
                f"and capacities, and Kubernetes takes {_MOST_PUBLISHED} of a device: where the machine has them all, "
                "no device of the node is there"
            )
            remedy = (
                "leave these GPUs whole (leave migConfiguration out), or have the driver cut them (dynamic: true, "
                f"profiles: [{name}]), or leave allocation out, if the device plugin is to offer them"
            )
            at = ("slices", name) if mig.slices else ("profile",)
            yield Diagnostic.warning(
                Code.TOO_MUCH_TO_PUBLISH,
                message,
                remedy,
                field=(*path, "capabilities", "migConfiguration", *at),
                profile=name,
                published=count,
                limit=_MOST_PUBLISHED,
            )


def check_allocation_of_cloud(pool: NodePool, cluster: Cluster, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield a pool of NVIDIA's DRA driver in a cluster that the stack makes with a device plugin of the cloud."""
    if pool.allocation is Allocation.DEVICE_PLUGIN or not isinstance(cluster.provisioned, GkeCluster):
        return
    cut = "write profile and strategy: single in place of dynamic and profiles, and " if is_dynamic(pool) else ""
    yield Diagnostic.error(
        Code.CLOUD_DEVICE_PLUGIN,
        "the nodes that the stack creates on GKE have Google's device plugin, and NVIDIA's DRA driver must not run "
        "beside one",
        f"{cut}leave allocation out; or create the nodes yourself, and declare the cluster with source: Existing",
        field=(*path, _FIELD),
        allocation=pool.allocation.value,
    )


def check_one_allocation(entries: Sequence[JudgedEntry[NodePool]]) -> Iterator[Diagnostic]:
    """Yield pools that may share nodes, of which one has its GPUs from the device plugin and one from the driver."""
    for index, entry in enumerate(entries):
        pool = entry.value
        other = next((each.value for each in entries[:index] if _have_two_allocations(pool, each.value)), None)
        if other is not None:
            message = (
                f'a node of "{pool.name}" may belong to "{other.name}" too, which has {_FIELD}: '
                f"{other.allocation.value}: NVIDIA's DRA driver must not run on a node beside the device plugin, and "
                "where it does, resources are those of the device plugin and its devices are left aside"
            )
            remedy = "write the same allocation in both; if no node is in both, give their nodeSelectors one key with "
            yield Diagnostic.warning(
                Code.TWO_ALLOCATIONS,
                message,
                f"{remedy}different values",
                field=(*entry.path, _FIELD),
                nodePools=[other.name, pool.name],
            )


def _have_two_allocations(one: NodePool, other: NodePool) -> bool:
    by_plugin = [each.allocation is Allocation.DEVICE_PLUGIN for each in (one, other)]
    return by_plugin[0] != by_plugin[1] and may_have_one_node(one, other) and not are_told_by_gpus(one, other)
