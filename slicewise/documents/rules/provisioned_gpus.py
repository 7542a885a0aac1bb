"""Rules of the GPUs of a cluster that the stack provisions: the cloud offers them, and cuts and advertises them so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from slicewise.diagnostics import Code, FieldPath, quoted
from slicewise.documents.cluster import EksCluster, GkeCluster
from slicewise.documents.environment import NodePool
from slicewise.documents.node_labels import catalogued
from slicewise.documents.rules.finding import Finding
from slicewise.documents.rules.judged_entry import POOLS, Part
from slicewise.mig import (
    GKE_ACCELERATORS,
    GpuModel,
    MigStrategy,
    ec2_instance,
    gce_machine,
    gke_accelerator,
    gke_partition_sizes,
)

_ACCELERATORS: Final = ", ".join(GKE_ACCELERATORS)


def check_provisioned_gpus(parts: Sequence[Part[NodePool]], made: GkeCluster | EksCluster) -> Iterator[Finding]:
    """Yield what the cloud of `made` cannot make of the GPUs of its pools."""
    cut = [part for part in parts if part.right("capabilities.migConfiguration")]
    for part in cut:
        if not part.right("acceleratorType", "acceleratorCount", "machineType"):
            continue
        pool, path = part.value, (*POOLS, part.index)
        gpu = catalogued(pool)
        if isinstance(made, GkeCluster):
            yield from _gke(pool, gpu, path)
        if gpu is not None:
            yield from _machine(pool, gpu, made, path)
    if isinstance(made, EksCluster):
        yield from _one_strategy(cut)


def _gke(pool: NodePool, gpu: GpuModel | None, path: FieldPath) -> Iterator[Finding]:
    if pool.mig and pool.mig.strategy is not MigStrategy.SINGLE:
        message = (
            "GKE's own device plugin advertises every slice as nvidia.com/gpu, never as "
            f"{pool.resource}; write strategy: single"
        )
        yield Finding(_configuration(path, "strategy"), Code.CLOUD_STRATEGY, message)
    if gpu is None or gke_accelerator(gpu.name, pool.machine_type) is None:
        message = f"GKE does not offer {gpu.name if gpu else quoted(pool.accelerator_type)}; it has {_ACCELERATORS}"
        yield Finding((*path, "acceleratorType"), Code.NOT_OFFERED, message)
    elif pool.mig and pool.mig.profile is not None and gpu.mig_capable:
        yield from _partition_size(pool.mig.profile, gpu, path)


def _partition_size(profile: str, gpu: GpuModel, path: FieldPath) -> Iterator[Finding]:
    sizes = gke_partition_sizes(gpu.name)
    if profile in sizes:
        return
    has = f"it has {', '.join(sizes)}" if sizes else "it cuts none; leave migConfiguration out"
    message = f"{quoted(profile)} is not a size that GKE cuts {gpu.name} into; {has}"
    yield Finding(_configuration(path, "profile"), Code.NOT_OFFERED, message)


def _machine(pool: NodePool, gpu: GpuModel, made: GkeCluster | EksCluster, path: FieldPath) -> Iterator[Finding]:
    if pool.machine_type is None:
        return
    known = gce_machine if isinstance(made, GkeCluster) else ec2_instance
    machine = known(pool.machine_type)
    if machine is None:
        return
    if machine.model != gpu.name:
        message = (
            f"a {pool.machine_type} has {machine.model} GPUs, and the pool is declared with {gpu.name}; correct "
            "whichever is wrong"
        )
        yield Finding((*path, "machineType"), Code.MACHINE, message)
    elif machine.count not in (None, pool.accelerator_count):
        message = f"a {pool.machine_type} has {machine.count} GPUs; write {machine.count}, or correct machineType"
        yield Finding((*path, "acceleratorCount"), Code.MACHINE, message)


def _one_strategy(parts: Sequence[Part[NodePool]]) -> Iterator[Finding]:
    first: tuple[str, MigStrategy] | None = None
    for part in parts:
        pool = part.value
        if pool.mig is None:
            continue
        first = first or (pool.name, pool.mig.strategy)
        if pool.mig.strategy is not first[1]:
            message = (
                f'"{first[0]}" has {first[1]}, this has {pool.mig.strategy}, and one GPU Operator with one strategy '
                "serves the whole cluster; write the same in both"
            )
            yield Finding(_configuration((*POOLS, part.index), "strategy"), Code.CLOUD_STRATEGY, message)


def _configuration(path: FieldPath, field: str) -> FieldPath:
    return (*path, "capabilities", "migConfiguration", field)
