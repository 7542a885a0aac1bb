"""Rules of the GPUs of a cluster that the stack provisions: the cloud offers them, and cuts and advertises them so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slicewise.diagnostics import Code, Diagnostic, FieldPath, counted, quoted
from slicewise.documents.cloud_nodes import catalogued
from slicewise.documents.cluster import Cluster, EksCluster, GkeCluster
from slicewise.documents.environment import NodePool
from slicewise.documents.rules.judged_entry import JudgedEntry
from slicewise.mig import (
    GKE_ACCELERATORS,
    GpuModel,
    MigStrategy,
    ec2_instance,
    gce_machine,
    gke_accelerator,
    gke_partition_sizes,
)


def check_gke_gpus(pool: NodePool, cluster: Cluster, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what GKE cannot make of the GPUs of the pool at `path`."""
    if not isinstance(cluster.provisioned, GkeCluster):
        return
    gpu = catalogued(pool)
    if pool.mig and pool.mig.strategy is not MigStrategy.SINGLE and not pool.mig.several:
        message = f"GKE's own device plugin advertises every slice as nvidia.com/gpu, never as {pool.resource}"
        remedy = "write strategy: single"
        yield Diagnostic.error(Code.CLOUD_STRATEGY, message, remedy, field=_configuration(path, "strategy"))
    if gpu is None or gke_accelerator(gpu.name, pool.machine_type) is None:
        yield Diagnostic.error(
            Code.NOT_OFFERED,
            f"GKE does not offer {gpu.name if gpu else quoted(pool.accelerator_type)}",
            f"it has {', '.join(GKE_ACCELERATORS)}",
            field=(*path, "acceleratorType"),
            allowed=list(GKE_ACCELERATORS),
        )
    elif pool.mig and pool.mig.profile is not None and gpu.mig_capable:
        yield from _partition_size(pool.mig.profile, gpu, path)


def _partition_size(profile: str, gpu: GpuModel, path: FieldPath) -> Iterator[Diagnostic]:
    sizes = gke_partition_sizes(gpu.name)
    if profile in sizes:
        return
    has = f"it has {', '.join(sizes)}" if sizes else "it cuts none; leave migConfiguration out"
    message = f"{quoted(profile)} is not a size that GKE cuts {gpu.name} into"
    yield Diagnostic.error(Code.NOT_OFFERED, message, has, field=_configuration(path, "profile"), allowed=list(sizes))


def check_machine(pool: NodePool, cluster: Cluster, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the machine which the cloud is to make has other GPUs than the pool at `path` declares."""
    gpu, made = catalogued(pool), cluster.provisioned
    if made is None or gpu is None or pool.machine_type is None:
        return
    known = gce_machine if isinstance(made, GkeCluster) else ec2_instance
    machine = known(pool.machine_type)
    if machine is None:
        return
    if machine.model != gpu.name:
        message = f"a {pool.machine_type} has {machine.model} GPUs, and the pool is declared with {gpu.name}"
        remedy = "correct whichever is wrong"
        yield Diagnostic.error(
            Code.MACHINE, message, remedy, field=(*path, "machineType"), found=machine.model, declared=gpu.name
        )
    elif machine.count not in (None, pool.accelerator_count):
        message = f"a {pool.machine_type} has {counted(machine.count, 'GPU')}"
        remedy = f"write {machine.count}, or correct machineType"
        yield Diagnostic.error(
            Code.MACHINE,
            message,
            remedy,
            field=(*path, "acceleratorCount"),
            gpus=machine.count,
            declared=pool.accelerator_count,
        )


def check_one_strategy(pools: Sequence[JudgedEntry[NodePool]], cluster: Cluster) -> Iterator[Diagnostic]:
    """Yield the pools that need another MIG strategy of the GPU Operator of an EKS cluster than the first one."""
    if not isinstance(cluster.provisioned, EksCluster):
        return
    first: tuple[str, MigStrategy] | None = None
    for entry in pools:
        pool = entry.value
        if pool.mig is None:
            continue
        # A name that does not fit the schema is not known: the place tells which pool it is.
        named = f'"{pool.name}"' if entry.fits("name") else f"nodePools[{entry.index}]"
        first = first or (named, pool.mig.strategy)
        if pool.mig.strategy is not first[1]:
            message = (
                f"{first[0]} has {first[1]}, this has {pool.mig.strategy}, and one GPU Operator with one strategy "
                "serves the whole cluster"
            )
            remedy = "write the same in both"
            yield Diagnostic.error(Code.CLOUD_STRATEGY, message, remedy, field=_configuration(entry.path, "strategy"))


def _configuration(path: FieldPath, field: str) -> FieldPath:
    return (*path, "capabilities", "migConfiguration", field)
