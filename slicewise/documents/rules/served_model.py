"""Rules of one ClusterModel or Model: its serving profiles are shapes that vLLM and KServe can run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from slicewise.diagnostics import Code, FieldPath
from slicewise.documents.amounts import decimal_advice
from slicewise.documents.environment import Interconnect
from slicewise.documents.rules.arguments import check_arguments
from slicewise.documents.rules.finding import Finding
from slicewise.documents.rules.judged_entry import Part, whole
from slicewise.documents.rules.quantised_weights import check_quantised_weights
from slicewise.documents.served_model import MigPreference, ModelSpec, ParallelSizes, ReplicaTopology, ServingProfile

SERVING: Final[FieldPath] = ("spec", "serving")
_SHAPE: Final = ("replicaTopology.nodes", "replicaTopology.gpusPerNode", "replicaTopology.parallelism")


def check_model(model: ModelSpec) -> Iterator[Finding]:
    """Yield what is wrong with the serving profiles of `model`."""
    yield from check_serving(whole(model.serving))
    for index, profile in enumerate(model.serving):
        yield from check_quantised_weights(profile, model.hugging_face.repo, (*SERVING, index))


def check_serving(parts: Sequence[Part[ServingProfile]]) -> Iterator[Finding]:
    """Yield what is wrong with the serving profiles of one model."""
    first_index: dict[str, int] = {}
    for part in parts:
        path = (*SERVING, part.index)
        profile = part.value
        if part.right("name") and (first := first_index.setdefault(profile.name, part.index)) != part.index:
            message = f'"{profile.name}" is the name of serving[{first}] already; rename one of the two'
            yield Finding((*path, "name"), Code.DUPLICATE_NAME, message)
        if part.right("engine.args"):
            yield from check_arguments(profile.engine.args, (*path, "engine", "args"))
        wanted = profile.replica_topology.requires.memory_per_gpu
        if wanted and (advice := decimal_advice(wanted)):
            at = (*path, "replicaTopology", "requires", "memoryPerGpu")
            yield Finding(at, Code.DECIMAL_MEMORY, advice)
        if contradiction := slices_alone(profile.replica_topology):
            yield Finding((*path, "replicaTopology", "requires", "mig"), Code.NEVER_ON_ANY_UNIT, contradiction)
        problem = _parallelism_problem(profile.replica_topology) if part.right(*_SHAPE) else None
        if problem:
            yield Finding((*path, "replicaTopology", "parallelism"), Code.PARALLELISM, problem)


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
