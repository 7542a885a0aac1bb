"""Every default of docs/documents.md, and what follows from other fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from slicewise.documents import KINDS
from tests.unit.documents.documents import MINIMAL, minimal
from tests.unit.documents.fields import DEPLOYMENT, ENVIRONMENT, MODEL, PROFILE

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader

DEFAULTS: dict[str, dict[str, object]] = {
    ENVIRONMENT: {
        "metadata.labels": {},
        "spec.cluster.existing.secret_ref.key": "kubeconfig",
        "spec.node_pools.0.node_selector": {},
        "spec.node_pools.0.labels": {},
        "spec.node_pools.0.tolerations": (),
        "spec.node_pools.0.node_count": 1,
        "spec.node_pools.0.max_node_count": None,
        "spec.node_pools.0.nodes": 1,
        "spec.node_pools.0.allocatable.cpu": None,
        "spec.node_pools.0.allocatable.memory": None,
        "spec.node_pools.0.allocatable.pods": 110,
        "spec.node_pools.0.allocatable.ephemeral_storage": None,
        "spec.node_pools.0.allocatable.extended_resources": {},
        "spec.node_pools.0.reserved_units": 0,
        "spec.node_pools.0.capabilities.interconnect": None,
        "spec.node_pools.0.capabilities.inter_node_device": None,
        "spec.node_pools.0.capabilities.precision_support": frozenset(),
        "spec.node_pools.0.capabilities.multi_node_capable": False,
        "spec.node_pools.0.capabilities.nvlink_domain_size": None,
        "spec.node_pools.0.capabilities.inter_node_bandwidth": None,
        "spec.node_pools.0.capabilities.mig_configuration": None,
        "spec.node_pools.0.mig": None,
        "spec.node_pools.0.resource": "nvidia.com/gpu",
    },
    MODEL: {
        "spec.hugging_face.revision": "main",
        "spec.hugging_face.secret_ref": None,
        "spec.resources.cpu.text": "4",
        "spec.resources.memory.text": "16Gi",
        "spec.serving.0.environment_selector.match_labels": {},
        "spec.serving.0.engine.name": "vLLM",
        "spec.serving.0.engine.image": None,
        "spec.serving.0.engine.args": (),
        "spec.serving.0.replica_topology.nodes": 1,
        "spec.serving.0.replica_topology.gpus_per_node": 1,
        "spec.serving.0.replica_topology.requires.memory_per_gpu": None,
        "spec.serving.0.replica_topology.requires.precision_support": frozenset(),
        "spec.serving.0.replica_topology.requires.interconnect": None,
        "spec.serving.0.replica_topology.requires.inter_node_bandwidth": None,
        "spec.serving.0.replica_topology.requires.nvlink_domain_size": None,
        "spec.serving.0.replica_topology.requires.mig": "any",
        "spec.serving.0.replica_topology.spread": "preferred",
        "spec.serving.0.prefill": None,
    },
    DEPLOYMENT: {
        "metadata.namespace": "default",
        "spec.model_ref.kind": "ClusterModel",
        "spec.environment_selector.match_labels": {},
        "spec.node_pool_selector.match_labels": {},
        "spec.priority": 0,
        "spec.scaling.signal": "Fixed",
        "replicas": 1,
        "autoscaled": False,
    },
}


def at(value: Any, path: str) -> object:  # noqa: ANN401 - any part of a document
    for part in path.split("."):
        value = value[int(part)] if part.isdigit() else getattr(value, part)
    return value


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [(kind, path, value) for kind, defaults in DEFAULTS.items() for path, value in defaults.items()],
)
def test_defaults(kind: str, path: str, value: object) -> None:
    assert at(KINDS[kind].model_validate(MINIMAL[kind]), path) == value


def test_defaults_of_concurrency() -> None:
    data = {"signal": "Concurrency", "concurrency": {"maxReplicas": 4, "target": 8}}
    spec = {**MINIMAL[DEPLOYMENT]["spec"], "scaling": data}
    deployment = KINDS[DEPLOYMENT].model_validate({**MINIMAL[DEPLOYMENT], "spec": spec})
    concurrency = at(deployment, "spec.scaling.concurrency")
    assert [at(concurrency, name) for name in ("min_replicas", "utilization", "scale_down_delay")] == [1, 70, 300]
    assert (at(deployment, "replicas"), at(deployment, "autoscaled")) == (4, True)


@pytest.mark.parametrize(
    ("nodes", "gpus_per_node", "parallelism", "expected"),
    [
        (1, 1, {}, (1, 1, 1, 1)),
        (1, 8, {}, (8, 1, 1, 1)),
        (2, 8, {}, (8, 2, 1, 1)),
        (1, 8, {"tensor": 2, "pipeline": 4}, (2, 4, 1, 1)),
        (2, 8, {"data": 16, "dataLocal": 8}, (1, 1, 16, 8)),
        (1, 8, {"data": 4, "tensor": 2}, (2, 1, 4, 4)),
    ],
)
def test_parallel_sizes_follow_from_the_shape(
    loader: Loader, nodes: int, gpus_per_node: int, parallelism: dict[str, int], expected: tuple[int, ...]
) -> None:
    topology = {"nodes": nodes, "gpusPerNode": gpus_per_node, "parallelism": parallelism}
    fleet = loader.load(minimal(MODEL, PROFILE, {"name": "p", "replicaTopology": topology}))
    sizes = next(iter(fleet.models.values())).serving[0].replica_topology.parallel_sizes
    assert (sizes.tensor, sizes.pipeline, sizes.data, sizes.data_local) == expected


@pytest.mark.parametrize(("count", "maximum", "nodes"), [(0, None, 0), (3, None, 3), (0, 8, 8), (2, 2, 2)], ids=str)
def test_capacity_counts_the_most_nodes_there_may_be(count: int, maximum: int | None, nodes: int) -> None:
    pool = {**MINIMAL[ENVIRONMENT]["spec"]["nodePools"][0], "nodeCount": count, "maxNodeCount": maximum}
    spec = {**MINIMAL[ENVIRONMENT]["spec"], "nodePools": [pool]}
    assert (
        at(KINDS[ENVIRONMENT].model_validate({**MINIMAL[ENVIRONMENT], "spec": spec}), "spec.node_pools.0.nodes")
        == nodes
    )
