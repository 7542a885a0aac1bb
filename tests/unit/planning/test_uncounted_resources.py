"""What containers ask for beside what is planned: it is counted where the pool says what nodes have, and else told."""

from __future__ import annotations

import pytest

from tests.documents import (
    Document,
    deployment,
    each_rejection,
    environment,
    fleet_of,
    model,
    plan_of,
    pool,
    profile,
)
from tests.unit.planning.checker import findings

RDMA: Document = {"limits": {"rdma/ib": 1}}


def _plan(asks: Document, level: str = "deployment", replicas: int = 1, **has: object) -> Document:
    """Return the plan of a deployment whose `level` asks for it in each pod of one GPU, on a node of eight."""
    pod: Document = {"pod": {"container": {"resources": asks}}}
    nodes = pool("p", allocatable=has, **(pod if level == "pool" else {}))
    served = model("m", profile("x") | (pod if level == "profile" else {}))
    served["spec"] |= pod if level == "model" else {}
    wanted = deployment("d", "m", replicas=replicas, **(pod if level == "deployment" else {}))
    documents = [environment("env", nodes), served, wanted]
    plan = plan_of(documents)
    assert findings(fleet_of(documents), plan) == []
    return plan


def _told(asks: Document, **has: object) -> list[list[str]]:
    """Return the resources warned of."""
    plan = _plan(asks, "deployment", 1, **has)
    assert len(plan["placements"]) == 1
    return [each["facts"]["resources"] for each in plan["warnings"] if each["code"] == "SW376"]


LEVELS = ["pool", "model", "profile", "deployment"]


@pytest.mark.parametrize("level", LEVELS)
def test_a_device_counts_wherever_it_is_asked_for(level: str) -> None:
    """Eight GPUs and three devices: three pods of one each."""
    plan = _plan(RDMA, level, 3, extendedResources={"rdma/ib": 3})
    assert [each["replicas"] for each in plan["placements"]] == [3]
    assert plan["nodePools"][0]["shortOf"] == ["rdma/ib"]
    assert "SW376" not in [each["code"] for each in plan["warnings"]]
    plan = _plan(RDMA, level, 4, extendedResources={"rdma/ib": 3})
    assert plan["placements"] == []
    (rejection,) = each_rejection(plan)
    assert rejection["code"] == "capacity"
    assert rejection["message"].endswith("needs 4; short of rdma/ib (a node has 3)")
    assert rejection["facts"]["pod"]["extendedResources"] == {"rdma/ib": 1}


@pytest.mark.parametrize("level", LEVELS)
def test_a_device_that_a_declaring_pool_does_not_have_is_a_reason(level: str) -> None:
    plan = _plan(RDMA, level, extendedResources={"example.com/nic": 8})
    assert plan["placements"] == []
    (rejection,) = each_rejection(plan)
    assert rejection["message"] == (
        "8 of 8 units free, but a pod asks for 1 rdma/ib (allocatable.extendedResources has none)"
    )


def test_more_than_a_node_has_is_a_reason_with_both_numbers() -> None:
    plan = _plan({"limits": {"rdma/ib": 9}}, extendedResources={"rdma/ib": 8})
    (rejection,) = each_rejection(plan)
    assert rejection["message"] == "8 of 8 units free, but a pod asks for 9 rdma/ib (a node has 8)"


def test_a_pool_that_declares_nothing_is_told() -> None:
    assert _told(RDMA) == [["rdma/ib"]]
    assert _told(RDMA, extendedResources={"rdma/ib": 8}) == []
    assert _told({"limits": {"hugepages-2Mi": "4Mi"}}) == [["hugepages-2Mi"]]


def test_what_comes_later_replaces_what_the_pool_asks_for() -> None:
    """The pool gives each pod two of eight devices, with a request; the deployment asks for one: eight pods fit."""
    two: Document = {"container": {"resources": {"limits": {"rdma/ib": 2}, "requests": {"rdma/ib": 2}}}}
    one: Document = {"container": {"resources": RDMA}}
    nodes = pool("p", allocatable={"extendedResources": {"rdma/ib": 8}}, pod=two)
    for pod, most in (({}, 4), (one, 8)):
        documents = [environment("env", nodes), model("m"), deployment("d", "m", replicas=most, pod=pod)]
        plan = plan_of(documents)
        assert [each["replicas"] for each in plan["placements"]] == [most]
        assert findings(fleet_of(documents), plan) == []
        documents[-1] = deployment("d", "m", replicas=most + 1, pod=pod)
        assert plan_of(documents)["placements"] == []


def test_ephemeral_storage_counts_by_its_request() -> None:
    asks: Document = {"requests": {"ephemeral-storage": "10Gi"}, "limits": {"ephemeral-storage": "50Gi"}}
    assert _told(asks) == [["ephemeral-storage"]]
    assert _told(asks, ephemeralStorage="80Gi") == []
    for amounts, most in ((asks, 8), ({"limits": asks["limits"]}, 1)):
        assert len(_plan(amounts, replicas=most, ephemeralStorage="80Gi")["placements"]) == 1
        assert len(_plan(amounts, replicas=most + 1, ephemeralStorage="80Gi")["placements"]) == 0


def test_weights_are_within_the_disk_that_a_container_requests() -> None:
    """27 GB of weights, and a request of 40 GB: the scheduler counts 40, the download is in it."""
    large = model("m")
    large["spec"]["architecture"] = {"config": {"model_type": "unheard-of"}, "checkpointBytes": 27 * 10**9}
    for requested, most in (("40G", 2), ("10G", 3)):
        pod: Document = {"container": {"resources": {"requests": {"ephemeral-storage": requested}}}}
        nodes = environment("env", pool("p", allocatable={"ephemeralStorage": "100G"}))
        for replicas, placed in ((most, 1), (most + 1, 0)):
            documents = [nodes, large, deployment("d", "m", replicas=replicas, pod=pod)]
            plan = plan_of(documents)
            assert len(plan["placements"]) == placed
            assert findings(fleet_of(documents), plan) == []


def test_huge_pages_count_in_bytes() -> None:
    asks: Document = {"limits": {"hugepages-2Mi": "1Gi"}}
    has = {"hugepages-2Mi": "4Gi"}
    assert len(_plan(asks, replicas=4, extendedResources=has)["placements"]) == 1
    (rejection,) = each_rejection(_plan(asks, replicas=5, extendedResources=has))
    assert rejection["message"].endswith("needs 5; short of hugepages-2Mi (a node has 4Gi of hugepages-2Mi)")


def test_a_model_in_an_image_has_a_container_of_its_own() -> None:
    """KServe v0.20 gives it 10m of CPU and 15Mi: eight pods of 4 CPUs and 16Gi take 80m and 120Mi more."""
    served = model("m")
    served["spec"] |= {"source": "OCI", "oci": {"image": "registry.example.com/models/m:v1"}}
    del served["spec"]["huggingFace"]
    for has, placed in (
        ({"cpu": "32080m", "memory": "131192Mi"}, 1),
        ({"cpu": "32079m", "memory": "131192Mi"}, 0),
        ({"cpu": "32080m", "memory": "131191Mi"}, 0),
    ):
        documents = [environment("env", pool("p", allocatable=has)), served, deployment("d", "m", replicas=8)]
        plan = plan_of(documents)
        assert len(plan["placements"]) == placed
        assert findings(fleet_of(documents), plan) == []


def _codes(*documents: Document) -> list[str]:
    return [each["code"] for each in plan_of(documents)["warnings"]]


_WIDE = profile("x", nodes=2, gpusPerNode=2, interNodeBandwidth="400g")


@pytest.mark.parametrize("own", [None, 1, 4])
def test_a_container_decides_of_the_device_between_nodes(own: int | None) -> None:
    """Eight devices a node, one of them for each pod by interNodeDevice, and what the container says instead."""
    joined = pool(
        "p",
        nodeCount=2,
        multiNodeCapable=True,
        interNodeBandwidth="ib-400g",
        interNodeDevice={"resource": "rdma/ib"},
        allocatable={"extendedResources": {"rdma/ib": 8}},
    )
    pod: Document = {"container": {"resources": {"limits": {"rdma/ib": own}}}} if own else {}
    # Four pods of two GPUs on a node, or two of four devices.
    most = 2 if own == 4 else 4
    for replicas, placed in ((most, 1), (most + 1, 0)):
        documents = [environment("env", joined), model("m", _WIDE), deployment("d", "m", replicas=replicas, pod=pod)]
        plan = plan_of(documents)
        assert len(plan["placements"]) == placed
        assert findings(fleet_of(documents), plan) == []
    documents[-1] = deployment("d", "m", pod=pod)
    warned = [each for each in plan_of(documents)["warnings"] if each["code"] == "SW377"]
    assert [(each["facts"]["container"], each["facts"]["interNodeDevice"]) for each in warned] == [(4, 1)] * (own == 4)


def test_a_limit_of_disk_below_the_weights_is_told() -> None:
    large = model("m")
    large["spec"]["architecture"] = {"config": {"model_type": "unheard-of"}, "checkpointBytes": 27 * 10**9}
    disk = environment("env", pool("p", allocatable={"ephemeralStorage": "100G"}))

    def codes(limit: str) -> list[str]:
        pod: Document = {"container": {"resources": {"limits": {"ephemeral-storage": limit}}}}
        return _codes(disk, large, deployment("d", "m", pod=pod))

    assert "SW378" in codes("26G")
    assert "SW378" not in codes("30G")


def test_no_replicas_of_a_pod_that_no_node_holds_have_a_reason_too() -> None:
    pod: Document = {"container": {"resources": RDMA}}
    nodes = pool("p", allocatable={"extendedResources": {"example.com/nic": 8}})
    documents = [environment("env", nodes), model("m"), deployment("d", "m", replicas=0, pod=pod)]
    plan = plan_of(documents)
    assert [each["code"] for each in each_rejection(plan)] == ["capacity"]
    assert findings(fleet_of(documents), plan) == []
