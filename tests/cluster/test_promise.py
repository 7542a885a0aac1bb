"""What is accepted runs: kube-scheduler finds a node of its pool for every pod of every plan, in whatever order."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace, Node, Pod

from embedded.api_client import connect
from embedded.cluster import EmbeddedCluster
from embedded.deadlines import wait_until
from embedded.errors import ControlPlaneError
from embedded.fake_nodes import FakePool, add_nodes
from embedded.pod_states import PodState, pods_of
from slicewise.manifests import environment_objects
from slicewise.planning import make_plan
from tests.cluster.random_fleets import ENVIRONMENT, RandomFleet, fleet_of_several_profiles, random_fleet
from tests.documents import Document, deployment, environment, fleet_of, model, profile, several, slices

pytestmark = pytest.mark.xdist_group("cluster-pods")

SEEDS = range(12)
SECONDS = 300


@contextmanager
def nodes(cluster: EmbeddedCluster, pools: tuple[FakePool, ...]) -> Iterator[Client]:
    """Add nodes to the cluster for a while."""
    add_nodes(cluster.plane, pools)
    with connect(cluster.plane) as client:
        try:
            yield client
        finally:
            for pool in pools:
                for name in pool.node_names():
                    client.delete(Node, name)


@contextmanager
def namespace(client: Client, name: str) -> Iterator[str]:
    """Make a namespace for a while."""
    client.create(Namespace(metadata=ObjectMeta(name=name)))
    try:
        yield name
    finally:
        client.deletecollection(Pod, namespace=name, grace_period=0)
        client.delete(Namespace, name)


def planned_pods(documents: Iterable[Document], name: str = ENVIRONMENT) -> list[dict[str, Any]]:
    """Return every pod of the plan for the environment `name`: the templates of its services, one for each pod."""
    fleet = fleet_of(documents)
    pods: list[dict[str, Any]] = []
    for item in environment_objects(fleet, make_plan(fleet)).get(name, []):
        spec = item["spec"]
        if item["kind"] != "LLMInferenceService":
            continue
        workers = spec["parallelism"]["pipeline"] - 1 if "worker" in spec else 0
        group = [spec["template"], *(spec["worker"] for _ in range(workers))]
        for replica in range(spec["replicas"]):
            for rank, template in enumerate(group):
                called = f"{item['metadata']['name']}-{replica}-{rank}"
                pods.append(pod(called, item["metadata"]["name"], template))
    return pods


def pod(name: str, service: str, template: dict[str, Any]) -> dict[str, Any]:
    """Return a pod of `template`, with the image and the label that KServe would add."""
    lists = {
        key: [container | {"image": "vllm:test"} for container in template[key]]
        for key in ("initContainers", "containers")
    }
    metadata = {"name": name, "labels": {"app.kubernetes.io/name": service}}
    return {"metadata": metadata, "spec": template | lists}


def schedule(cluster: EmbeddedCluster, client: Client, where: str, pods: list[dict[str, Any]]) -> list[PodState]:
    """Create `pods` in this order, and return them once each has a node.

    One may be refused at first, where the scheduler has not heard of a node or a claim yet.
    """
    for document in pods:
        client.create(cast("Pod", Pod.from_dict(document)), namespace=where)
    states: list[PodState] = []

    def placed() -> bool:
        states[:] = pods_of(cluster.plane, where)
        return len(states) >= len(pods) and all(state.node for state in states)

    try:
        wait_until(f"{len(pods)} pods on nodes", placed, SECONDS)
    except ControlPlaneError as error:
        error.add_note("\n".join(f"{state.name}: {state.message}" for state in states if state.node is None))
        raise
    return states


def refuse(cluster: EmbeddedCluster, client: Client, where: str, like: dict[str, Any], *why: str) -> None:
    """Create one pod more, like another one, and wait until it is refused for one of these reasons."""
    client.create(cast("Pod", Pod.from_dict(like | {"metadata": {"name": "extra"}})), namespace=where)

    def refused() -> bool:
        (extra,) = (state for state in pods_of(cluster.plane, where) if state.name == "extra")
        assert extra.node is None, extra
        return any(each in extra.message for each in why)

    wait_until(f"a pod refused: {' or '.join(why)}", refused, SECONDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_pod_of_a_plan_is_scheduled_in_every_order(cluster: EmbeddedCluster, seed: int) -> None:
    assert_promised(cluster, random_fleet(seed), f"seed-{seed}", seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_pod_on_nodes_of_several_profiles_is_scheduled_in_every_order(
    cluster: EmbeddedCluster, seed: int
) -> None:
    assert_promised(cluster, fleet_of_several_profiles(seed), f"several-{seed}", seed)


def assert_promised(cluster: EmbeddedCluster, fleet: RandomFleet, name: str, seed: int) -> None:
    """Schedule all pods of a plan as they are made, the other way round, and shuffled."""
    pods = planned_pods(fleet.documents)
    assert pods, "this fleet would prove nothing"
    shuffled = pods.copy()
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - not for secrets
    with nodes(cluster, fleet.nodes) as client:
        for number, order in enumerate((pods, pods[::-1], shuffled)):
            with namespace(client, f"{name}-{number}") as where:
                states = schedule(cluster, client, where, order)
                selected = {document["metadata"]["name"]: document["spec"]["nodeSelector"] for document in order}
                for state in states:
                    # Nodes are called <pool>-<number>, and selected by the pool's name.
                    assert str(state.node).rpartition("-")[0] == selected[state.name]["pool"]


@pytest.mark.parametrize(("mig", "count"), [("3g.40gb", 2 * 8), ("1g.10gb", 7 * 8)])
def test_one_slice_more_than_accepted_waits(cluster: EmbeddedCluster, mig: str, count: int) -> None:
    resource = f"nvidia.com/mig-{mig}"
    pool = FakePool(f"full-{count}", 1, labels={"pool": "full"}, resources={resource: count}, cpu="1000", memory="8Ti")
    documents = (
        environment(ENVIRONMENT, slices("full", mig)),
        model("m", profile("any", memoryPerGpu="8Gi")),
        deployment("d", "m", replicas=count),
        deployment("more", "m", replicas=1, namespace="other"),
    )
    pods = planned_pods(documents)
    # All that the node has is given to one of the two deployments, and the other is told that there is no room.
    assert Counter(document["metadata"]["labels"]["app.kubernetes.io/name"] for document in pods) == {"d": count}
    with nodes(cluster, (pool,)) as client, namespace(client, f"full-{count}") as where:
        schedule(cluster, client, where, pods)
        refuse(cluster, client, where, pods[0], f"1 Insufficient {resource}")


def test_one_pod_more_than_the_cpus_of_several_profiles_take_waits(cluster: EmbeddedCluster) -> None:
    """Ten CPUs are there once: five pods of 2 take them, whichever slices they have, and the node has slices left."""
    cut = {"1g.10gb": 8, "2g.20gb": 4, "3g.40gb": 4}
    resources = {f"nvidia.com/mig-{name}": count for name, count in cut.items()} | {"nvidia.com/gpu": 4}
    node = FakePool("tight", 1, labels={"pool": "tight"}, resources=resources, cpu="10", memory="1Ti")
    documents = (
        environment(ENVIRONMENT, several("tight", cut, wholeGpus=4, allocatable={"cpu": "10", "memory": "1Ti"})),
        model("small", profile("s", memoryPerGpu="9Gi", mig="only"), cpu="2"),
        model("large", profile("s", memoryPerGpu="39Gi", mig="only"), cpu="2"),
        deployment("a", "small", replicas=2, priority=1),
        deployment("b", "large", replicas=3, priority=1),
        deployment("more", "small", replicas=1, namespace="other"),
    )
    pods = planned_pods(documents)
    assert Counter(document["metadata"]["labels"]["app.kubernetes.io/name"] for document in pods) == {"a": 2, "b": 3}
    with nodes(cluster, (node,)) as client, namespace(client, "tight") as where:
        schedule(cluster, client, where, pods)
        refuse(cluster, client, where, pods[0], "1 Insufficient cpu")
