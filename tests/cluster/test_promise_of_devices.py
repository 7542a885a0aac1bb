"""What is accepted runs where NVIDIA's DRA driver gives pods their slices, by claims and by classes, in every order."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from lightkube.resources.core_v1 import Pod

from embedded.api_client import connect
from embedded.cluster import EmbeddedCluster
from embedded.deadlines import wait_until
from embedded.dra_devices import cut_gpus, driver_classes, gpus_cut_alike, whole_gpus
from embedded.dra_objects import (
    CLAIM_TEMPLATES,
    DEVICE_CLASSES,
    RESOURCE_CLAIMS,
    install_device_classes,
    server_version,
)
from slicewise.documents import OLDEST_RELEASE, Allocation
from slicewise.manifests import environment_objects
from slicewise.planning import make_plan
from tests.cluster.dra_pods import wait_unpublished
from tests.cluster.random_fleets import ENVIRONMENT, RandomFleet, fleet_of_several_profiles, random_fleet
from tests.cluster.test_promise import SECONDS, SEEDS, namespace, nodes, planned_pods, schedule
from tests.documents import Document, fleet_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lightkube import Client

    from embedded.dra_devices import DraGpus
    from embedded.fake_nodes import FakePool

pytestmark = [pytest.mark.xdist_group("cluster-devices"), pytest.mark.long]

BOARD = "h100-80gb"
# What each GPU of `fleet_of_several_profiles` that is cut has.
CUT = (("2g.20gb", 0), ("1g.10gb", 2), ("1g.10gb", 3), ("3g.40gb", 4))
BY = [Allocation.CLAIM, Allocation.EXTENDED_RESOURCE]


@pytest.fixture(scope="module")
def client(cluster: EmbeddedCluster) -> Iterator[Client]:
    """A client of the cluster, which has the classes of the driver's chart."""
    with client_with_classes(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    """A cluster of the oldest Kubernetes release that has claims."""
    release = OLDEST_RELEASE[Allocation.CLAIM]
    with EmbeddedCluster.start(tmp_path_factory.mktemp("older"), release=release) as cluster:
        yield cluster


@contextmanager
def client_with_classes(cluster: EmbeddedCluster) -> Iterator[Client]:
    """Give the cluster the classes of the driver's chart for a while."""
    with connect(cluster.plane) as client:
        classes = driver_classes(extended=has(client, Allocation.EXTENDED_RESOURCE))
        install_device_classes(client, classes)
        yield client
        for each in classes:
            client.delete(DEVICE_CLASSES, each["metadata"]["name"])


def has(client: Client, allocation: Allocation) -> bool:
    """Return whether the cluster's Kubernetes has what an allocation needs."""
    return server_version(client) >= tuple(map(int, OLDEST_RELEASE[allocation].split(".")))


def by(fleet: RandomFleet, allocation: Allocation) -> RandomFleet:
    """Return the fleet where NVIDIA's DRA driver gives pods their slices and GPUs."""
    declared, *others = fleet.documents
    pools = [_by(item, allocation) for item in declared["spec"]["nodePools"]]
    spec = declared["spec"] | {"nodePools": pools}
    there = [_with_devices(node, item) for node, item in zip(fleet.nodes, pools, strict=True)]
    return RandomFleet((declared | {"spec": spec}, *others), tuple(there))


def _by(item: Document, allocation: Allocation) -> Document:
    mig = item["capabilities"].get("migConfiguration")
    of_driver = {key: value for key, value in (mig or {}).items() if key != "strategy"}
    capabilities = item["capabilities"] | ({"migConfiguration": of_driver} if mig else {})
    return item | {"allocation": allocation.value, "capabilities": capabilities}


def _with_devices(node: FakePool, item: Document) -> FakePool:
    fields = {name: getattr(node, name) for name in ("labels", "taints", "cpu", "memory", "pods")}
    return type(node)(node.name, node.nodes, devices=_devices(item), **fields)


def _devices(item: Document) -> DraGpus:
    mig, gpus = item["capabilities"].get("migConfiguration"), item["acceleratorCount"]
    if mig is None:
        return whole_gpus(BOARD, gpus)
    if "slices" in mig:
        whole = mig["wholeGpus"]
        return cut_gpus(BOARD, *[None] * whole, *[CUT] * (gpus - whole))
    return gpus_cut_alike(BOARD, gpus, mig["profile"])


def drawn(seed: int) -> RandomFleet:
    """Return a fleet of pools of one profile, or of several where the seed is odd."""
    return fleet_of_several_profiles(seed) if seed % 2 else random_fleet(seed)


def needed(fleet: RandomFleet, kind: str) -> list[dict[str, Any]]:
    """Return the objects of a kind that the pods of a plan need."""
    parsed = fleet_of(fleet.documents)
    every = environment_objects(parsed, make_plan(parsed), device_classes=True)[ENVIRONMENT]
    return [item for item in every if item["kind"] == kind]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("allocation", BY)
def test_every_pod_gets_its_devices_in_every_order(
    cluster: EmbeddedCluster, client: Client, seed: int, allocation: Allocation
) -> None:
    if not has(client, allocation):
        pytest.skip(f"{allocation} needs Kubernetes {OLDEST_RELEASE[allocation]}")
    assert_promised(cluster, client, by(drawn(seed), allocation), f"{allocation.value.lower()}-{seed}")


@pytest.mark.parametrize("seed", SEEDS)
def test_every_pod_gets_its_claims_where_kubernetes_is_older(older: EmbeddedCluster, seed: int) -> None:
    with client_with_classes(older) as client:
        assert server_version(client) == (1, 34)
        assert_promised(older, client, by(drawn(seed), Allocation.CLAIM), f"older-{seed}")


def assert_promised(cluster: EmbeddedCluster, client: Client, fleet: RandomFleet, name: str) -> None:
    """Schedule all pods of a plan as they are made, the other way round, and shuffled."""
    pods = planned_pods(fleet.documents)
    assert pods, "this fleet would prove nothing"
    shuffled = pods.copy()
    random.Random(name).shuffle(shuffled)  # noqa: S311 - not for secrets
    classes = needed(fleet, "DeviceClass")
    install_device_classes(client, classes)
    with nodes(cluster, fleet.nodes):
        for number, order in enumerate((pods, pods[::-1], shuffled)):
            with namespace(client, f"{name}-{number}") as where:
                for each in needed(fleet, "ResourceClaimTemplate"):
                    metadata = each["metadata"] | {"namespace": where}
                    client.create(CLAIM_TEMPLATES.from_dict(each | {"metadata": metadata}), namespace=where)
                states = schedule(cluster, client, where, order)
                selected = {document["metadata"]["name"]: document["spec"]["nodeSelector"] for document in order}
                for state in states:
                    assert str(state.node).rpartition("-")[0] == selected[state.name]["pool"]
                _give_back(client, where)
    wait_unpublished(client, [name for each in fleet.nodes for name in each.node_names()])
    for each in classes:
        client.delete(DEVICE_CLASSES, each["metadata"]["name"])


def _give_back(client: Client, where: str) -> None:
    """Remove the pods, and wait until nothing holds a device any more."""
    client.deletecollection(Pod, namespace=where, grace_period=0)
    wait_until("claims are gone", lambda: not list(client.list(RESOURCE_CLAIMS, namespace=where)), SECONDS)
