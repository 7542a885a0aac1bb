"""Rules of one ClusterModel or Model: its serving profiles are shapes that vLLM and KServe can run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slicewise.diagnostics import Code, Diagnostic, FieldPath, Statement
from slicewise.documents.environment import Interconnect
from slicewise.documents.rules.arguments import check_arguments, check_words
from slicewise.documents.rules.decimal_memory import check_decimal_memory
from slicewise.documents.served_model import MigPreference, ParallelSizes, ReplicaTopology, ServingProfile


def check_engine(profile: ServingProfile, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with, or advisable for, the engine's arguments of the profile at `path`."""
    if profile.engine.command is None:
        yield from check_arguments(profile.engine.args, (*path, "engine", "args"))
    else:
        yield from check_words(profile.engine.command, (*path, "engine", "command"))
        yield from check_words(profile.engine.args, (*path, "engine", "args"))


def check_required_memory(profile: ServingProfile, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the memory which the profile at `path` requires may be meant in another unit."""
    wanted = profile.replica_topology.requires.memory_per_gpu
    if wanted:
        yield from check_decimal_memory(wanted, (*path, "replicaTopology", "requires", "memoryPerGpu"))


def check_slices_alone(profile: ServingProfile, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the profile at `path` takes nothing but a slice, and asks for what no slice can do."""
    if contradiction := slices_alone(profile.replica_topology):
        at = (*path, "replicaTopology", "requires", "mig")
        message, remedy, facts = contradiction
        yield Diagnostic.warning(Code.NEVER_ON_ANY_UNIT, message, remedy, field=at, **facts)


def check_parallelism(profile: ServingProfile, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield why the parallelism of the profile at `path` is not one that vLLM and KServe can run on its GPUs."""
    if problem := _parallelism_problem(profile.replica_topology):
        at = (*path, "replicaTopology", "parallelism")
        message, remedy, facts = problem
        yield Diagnostic.error(Code.PARALLELISM, message, remedy, field=at, **facts)


def slices_alone(topology: ReplicaTopology) -> Statement | None:
    """Return what no slice can do, where the profile takes slices only; None where there is no such contradiction."""
    requires = topology.requires
    if requires.mig is not MigPreference.ONLY:
        return None
    if topology.units > 1:
        shape = f"nodes {topology.nodes} x gpusPerNode {topology.gpus_per_node} = {topology.units} GPUs"
        return Statement(
            f"mig: only and {shape} exclude each other: one slice is all that a replica gets of a pool of slices, so "
            "no pool can serve this",
            "write mig: any, or 1 for both",
            {"nodes": topology.nodes, "gpusPerNode": topology.gpus_per_node, "gpus": topology.units},
        )
    if requires.interconnect is Interconnect.NVLINK:
        return Statement(
            "mig: only and interconnect: nvlink exclude each other: slices have no NVLink, so no pool can serve this",
            "leave interconnect out, which one slice has no use for, or write mig: any",
        )
    if (requires.nvlink_domain_size or 1) > 1:
        return Statement(
            f"mig: only and nvlinkDomainSize {requires.nvlink_domain_size} exclude each other: slices have no NVLink, "
            "so no pool can serve this",
            "leave nvlinkDomainSize out, which one slice has no use for, or write mig: any",
            {"domain": requires.nvlink_domain_size},
        )
    return None


def _parallelism_problem(topology: ReplicaTopology) -> Statement | None:
    given, sizes = topology.parallelism, topology.parallel_sizes
    facts: dict[str, Any] = {
        "tensor": sizes.tensor,
        "pipeline": sizes.pipeline,
        "data": sizes.data,
        "dataLocal": sizes.data_local,
        "nodes": topology.nodes,
        "gpusPerNode": topology.gpus_per_node,
        "gpus": topology.units,
        "ranks": sizes.tensor * sizes.pipeline * sizes.data,
    }
    if given.data_local is not None and given.data is None:
        return Statement("dataLocal is a part of data, which is not set", "set data, or leave dataLocal out", facts)
    if sizes.data > 1 and sizes.pipeline > 1:
        return Statement(
            f"data {sizes.data} and pipeline {sizes.pipeline} exclude each other: KServe refuses both in one service",
            "keep one of the two, or leave parallelism out",
            facts,
        )
    if sizes.data % sizes.data_local:
        return Statement(
            f"data {sizes.data} is not a multiple of dataLocal {sizes.data_local}, the part of it on one node",
            "make data nodes x dataLocal",
            facts,
        )
    if facts["ranks"] != topology.units:
        return Statement(
            f"tensor {sizes.tensor} x pipeline {sizes.pipeline} x data {sizes.data} = {facts['ranks']} GPUs, "
            f"but nodes {topology.nodes} x gpusPerNode {topology.gpus_per_node} = {topology.units}",
            "make them equal, or leave parallelism out",
            facts,
        )
    grouping = _grouping_problem(sizes, topology.nodes, topology.gpus_per_node)
    return grouping and grouping._replace(facts={**facts, **grouping.facts})


def _grouping_problem(sizes: ParallelSizes, nodes: int, gpus_per_node: int) -> Statement | None:
    # KServe makes a group of data / dataLocal pods, or of pipeline pods: one pod a node.
    if sizes.data > 1 and sizes.data != sizes.data_local * nodes:
        even = sizes.data % nodes == 0
        return Statement(
            f"data {sizes.data} / nodes {nodes} = {sizes.data / nodes:g} a node, but dataLocal is {sizes.data_local}",
            f"write dataLocal: {sizes.data // nodes}" if even else "make data a multiple of nodes",
            {"dataOfANode": sizes.data / nodes},
        )
    if sizes.data == 1 and nodes not in (1, sizes.pipeline):
        return Statement(
            f"pipeline is {sizes.pipeline}, but a replica on {nodes} nodes has one stage a node",
            f"write pipeline: {nodes} and tensor: {gpus_per_node}",
        )
    return None
