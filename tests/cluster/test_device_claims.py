"""Claims of pools with `allocation: claim` on the real control plane: through KServe, to devices of NVIDIA's driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lightkube.resources.core_v1 import Node

from embedded.api_client import connect
from embedded.dra_devices import cut_gpus, driver_classes, gpus_cut_alike, whole_gpus
from embedded.dra_objects import DEVICE_CLASSES, RESOURCE_CLAIMS, install_device_classes
from embedded.fake_nodes import FakePool, add_nodes
from tests.cluster.workloads import Workloads
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, several, slices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded.cluster import EmbeddedCluster

pytestmark = [pytest.mark.xdist_group("cluster-devices"), pytest.mark.long]

BOARD = "h100-80gb"
# The third GPU of the mixed node is whole.
MIXED = cut_gpus(BOARD, (("1g.10gb", 0), ("3g.40gb", 4)), (("3g.40gb", 0), ("3g.40gb", 4)), None)
POOLS = (
    FakePool("cut", 1, labels={"pool": "cut"}, devices=gpus_cut_alike(BOARD, 2, "3g.40gb")),
    FakePool("uncut", 2, labels={"pool": "uncut"}, devices=whole_gpus(BOARD, 8)),
    FakePool("mixed", 1, labels={"pool": "mixed"}, devices=MIXED),
    # Its devices are of another profile, and pods are kept from it by their selector alone.
    FakePool("other", 1, labels={"pool": "other"}, devices=gpus_cut_alike(BOARD, 1, "1g.10gb")),
)


@pytest.fixture(scope="module")
def devices(cluster: EmbeddedCluster) -> Iterator[None]:
    """Nodes of NVIDIA's DRA driver in the cluster, and the classes of its chart."""
    with connect(cluster.plane) as client:
        classes = driver_classes(extended=False)
        install_device_classes(client, classes)
        add_nodes(cluster.plane, POOLS)
        yield
        for name in (name for each in POOLS for name in each.node_names()):
            client.delete(Node, name)
        for each in classes:
            client.delete(DEVICE_CLASSES, each["metadata"]["name"])


def claimed(workloads: Workloads) -> list[list[tuple[str, str]]]:
    """Return the pool and device of everything that each claim of the namespace was given, sorted."""
    found = []
    for claim in workloads.client.list(RESOURCE_CLAIMS, namespace=workloads.namespace):
        results = ((claim.get("status") or {}).get("allocation") or {}).get("devices", {}).get("results", [])
        found.append(sorted((each["pool"], each["device"]) for each in results))
    return sorted(found)


def by_claim(item: Document) -> Document:
    return item | {"allocation": "claim"}


def planned(workloads: Workloads, pools: list[Document], serving: Document, replicas: int) -> None:
    documents = (
        environment("env", *map(by_claim, pools)),
        model("m", serving),
        deployment("chat", "m", replicas=replicas, namespace=workloads.namespace),
    )
    workloads.apply_planned(fleet_of(documents))


@pytest.mark.usefixtures("devices")
def test_every_accepted_pod_gets_a_slice_and_one_more_waits(workloads: Workloads) -> None:
    planned(workloads, [slices("cut", "3g.40gb", acceleratorCount=2)], profile("p", memoryPerGpu="30Gi"), 4)
    pods = workloads.wait_running(4)
    assert {(each.node, tuple(each.gpus)) for each in pods} == {("cut-0", ())}
    slots = [f"gpu-{gpu}-mig-3g40gb-9-{start}" for gpu in (0, 1) for start in (0, 4)]
    assert claimed(workloads) == [[("cut-0", slot)] for slot in slots]

    workloads.scale("chat", 5)
    workloads.wait_pending("1 cannot allocate all claims")


@pytest.mark.usefixtures("devices")
def test_a_profile_of_a_node_that_is_cut_in_several_gets_no_other(workloads: Workloads) -> None:
    cut = several("mixed", {"1g.10gb": 1, "3g.40gb": 3}, acceleratorCount=3, wholeGpus=1)
    planned(workloads, [cut], profile("p", memoryPerGpu="30Gi", mig="only"), 3)
    workloads.wait_running(3)
    there = {device for claim in claimed(workloads) for _, device in claim}
    assert there == {"gpu-0-mig-3g40gb-9-4", "gpu-1-mig-3g40gb-9-0", "gpu-1-mig-3g40gb-9-4"}


@pytest.mark.usefixtures("devices")
def test_replicas_of_several_nodes_get_all_gpus_of_each(workloads: Workloads) -> None:
    serving = profile("p", nodes=2, gpusPerNode=8, memoryPerGpu="79Gi")
    serving["replicaTopology"]["parallelism"] = {"tensor": 8, "pipeline": 2}
    planned(workloads, [pool("uncut", nodeCount=2, multiNodeCapable=True)], serving, 1)
    pods = workloads.wait_running(2)
    assert {each.node for each in pods} == {"uncut-0", "uncut-1"}
    gpus = [f"gpu-{number}" for number in range(8)]
    assert claimed(workloads) == [[(node, gpu) for gpu in gpus] for node in ("uncut-0", "uncut-1")]


@pytest.mark.usefixtures("devices")
def test_a_prefill_workload_has_claims_of_its_own(workloads: Workloads) -> None:
    serving = profile("p", gpusPerNode=4, memoryPerGpu="70Gi", mig="never")
    serving["prefill"] = {"replicas": 2, "replicaTopology": {"requires": {"memoryPerGpu": "30Gi", "mig": "only"}}}
    pools = [pool("uncut", nodeCount=2), slices("cut", "3g.40gb", acceleratorCount=2)]
    planned(workloads, pools, serving, 2)
    pods = workloads.wait_running(4)
    prefill = {each.node for each in pods if "-kserve-prefill-" in each.name}
    assert prefill == {"cut-0"}
    sizes = sorted((claim[0][0].rpartition("-")[0], len(claim)) for claim in claimed(workloads))
    assert sizes == [("cut", 1), ("cut", 1), ("uncut", 4), ("uncut", 4)]
