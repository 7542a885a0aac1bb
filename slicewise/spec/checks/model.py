"""Rules of one ClusterModel or Model: its serving profiles are shapes that vLLM and KServe can run."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.spec.checks.finding import Finding
from slicewise.spec.codes import Code
from slicewise.spec.model import ModelSpec, ParallelSizes, ReplicaTopology
from slicewise.spec.problems import FieldPath


def check_model(model: ModelSpec) -> Iterator[Finding]:
    """Yield what is wrong with the serving profiles of `model`."""
    first_index: dict[str, int] = {}
    for index, profile in enumerate(model.serving):
        path: FieldPath = ("spec", "serving", index)
        if first_index.setdefault(profile.name, index) != index:
            message = f'"{profile.name}" is the name of serving[{first_index[profile.name]}] already; names are unique'
            yield Finding((*path, "name"), Code.DUPLICATE_NAME, message)
        for number, argument in enumerate(profile.engine.args):
            if "{{" in argument:
                message = (
                    'KServe reads every string of a service as a Go template, and "{{" begins an expression there; '
                    "write the argument without it"
                )
                yield Finding((*path, "engine", "args", number), Code.TEMPLATE_CHARACTERS, message)
        problem = _parallelism_problem(profile.replica_topology)
        if problem:
            yield Finding((*path, "replicaTopology", "parallelism"), Code.PARALLELISM, problem)


def _parallelism_problem(topology: ReplicaTopology) -> str | None:
    given, sizes = topology.parallelism, topology.parallel_sizes
    if given.data_local is not None and given.data is None:
        return "dataLocal is a part of data, which is not set; set data, or leave dataLocal out"
    if sizes.data > 1 and sizes.pipeline > 1:
        return (
            f"data {sizes.data} and pipeline {sizes.pipeline} exclude each other: KServe refuses both in one service; "
            "leave one out"
        )
    if sizes.data % sizes.data_local:
        return f"data {sizes.data} is no multiple of dataLocal {sizes.data_local}, the part of it on one node"
    ranks = sizes.tensor * sizes.pipeline * sizes.data
    if ranks != topology.units:
        return (
            f"tensor {sizes.tensor} x pipeline {sizes.pipeline} x data {sizes.data} = {ranks} GPUs, "
            f"but nodes {topology.nodes} x gpusPerNode {topology.gpus_per_node} = {topology.units}; make them equal"
        )
    return _grouping_problem(sizes, topology.nodes)


def _grouping_problem(sizes: ParallelSizes, nodes: int) -> str | None:
    # KServe makes a group of data / dataLocal pods, or of pipeline pods: one pod a node.
    if sizes.data > 1 and sizes.data != sizes.data_local * nodes:
        return (
            f"data {sizes.data} / nodes {nodes} = {sizes.data / nodes:g} a node, but dataLocal is {sizes.data_local}; "
            "make them equal"
        )
    if sizes.data == 1 and nodes not in (1, sizes.pipeline):
        return f"pipeline is {sizes.pipeline}, but a replica on {nodes} nodes needs pipeline {nodes}: one stage a node"
    return None
