"""Rules of one ClusterModel or Model: its serving profiles are shapes that vLLM and KServe can run."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.diagnostics import Code, Diagnostic, FieldPath
from slicewise.documents.amounts import decimal_advice
from slicewise.documents.environment import Interconnect
from slicewise.documents.rules.arguments import check_arguments
from slicewise.documents.served_model import MigPreference, ParallelSizes, ReplicaTopology, ServingProfile


def check_engine(profile: ServingProfile, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with, or advisable for, the engine's arguments of the profile at `path`."""
    yield from check_arguments(profile.engine.args, (*path, "engine", "args"))


def check_required_memory(profile: ServingProfile, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the memory which the profile at `path` requires may be meant in another unit."""
    wanted = profile.replica_topology.requires.memory_per_gpu
    if wanted and (advice := decimal_advice(wanted)):
        at = (*path, "replicaTopology", "requires", "memoryPerGpu")
        yield Diagnostic.warning(Code.DECIMAL_MEMORY, advice, field=at)


def check_slices_alone(profile: ServingProfile, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the profile at `path` takes nothing but a slice, and asks for what no slice can do."""
    if contradiction := slices_alone(profile.replica_topology):
        at = (*path, "replicaTopology", "requires", "mig")
        yield Diagnostic.warning(Code.NEVER_ON_ANY_UNIT, contradiction, field=at)


def check_parallelism(profile: ServingProfile, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield why the parallelism of the profile at `path` is not one that vLLM and KServe can run on its GPUs."""
    if problem := _parallelism_problem(profile.replica_topology):
        yield Diagnostic.error(Code.PARALLELISM, problem, field=(*path, "replicaTopology", "parallelism"))


def slices_alone(topology: ReplicaTopology) -> str | None:
    """Return what no slice can do, where the profile takes slices only; None where there is no such contradiction."""
    requires = topology.requires
    if requires.mig is not MigPreference.ONLY:
        return None
    if topology.units > 1:
        shape = f"nodes {topology.nodes} x gpusPerNode {topology.gpus_per_node} = {topology.units} GPUs"
        return (
            f"mig: only and {shape} exclude each other: one slice is all that a replica gets of a pool of slices, so "
            "no pool can serve this; write mig: any, or 1 for both"
        )
    if requires.interconnect is Interconnect.NVLINK:
        return (
            "mig: only and interconnect: nvlink exclude each other: slices have no NVLink, so no pool can serve this; "
            "leave interconnect out, which one slice has no use for, or write mig: any"
        )
    if (requires.nvlink_domain_size or 1) > 1:
        return (
            f"mig: only and nvlinkDomainSize {requires.nvlink_domain_size} exclude each other: slices have no NVLink, "
            "so no pool can serve this; leave nvlinkDomainSize out, which one slice has no use for, or write mig: any"
        )
    return None


def _parallelism_problem(topology: ReplicaTopology) -> str | None:
    given, sizes = topology.parallelism, topology.parallel_sizes
    if given.data_local is not None and given.data is None:
        return "dataLocal is a part of data, which is not set; set data, or leave dataLocal out"
    if sizes.data > 1 and sizes.pipeline > 1:
        return (
            f"data {sizes.data} and pipeline {sizes.pipeline} exclude each other: KServe refuses both in one service; "
            "keep one of the two, or leave parallelism out"
        )
    if sizes.data % sizes.data_local:
        return (
            f"data {sizes.data} is not a multiple of dataLocal {sizes.data_local}, the part of it on one node; "
            "make data nodes x dataLocal"
        )
    ranks = sizes.tensor * sizes.pipeline * sizes.data
    if ranks != topology.units:
        return (
            f"tensor {sizes.tensor} x pipeline {sizes.pipeline} x data {sizes.data} = {ranks} GPUs, "
            f"but nodes {topology.nodes} x gpusPerNode {topology.gpus_per_node} = {topology.units}; "
            "make them equal, or leave parallelism out"
        )
    return _grouping_problem(sizes, topology.nodes, topology.gpus_per_node)


def _grouping_problem(sizes: ParallelSizes, nodes: int, gpus_per_node: int) -> str | None:
    # KServe makes a group of data / dataLocal pods, or of pipeline pods: one pod a node.
    if sizes.data > 1 and sizes.data != sizes.data_local * nodes:
        even = sizes.data % nodes == 0
        remedy = f"write dataLocal: {sizes.data // nodes}" if even else "make data a multiple of nodes"
        return (
            f"data {sizes.data} / nodes {nodes} = {sizes.data / nodes:g} a node, but dataLocal is {sizes.data_local}; "
            f"{remedy}"
        )
    if sizes.data == 1 and nodes not in (1, sizes.pipeline):
        stages = f"a replica on {nodes} nodes has one stage a node"
        return f"pipeline is {sizes.pipeline}, but {stages}; write pipeline: {nodes} and tensor: {gpus_per_node}"
    return None
