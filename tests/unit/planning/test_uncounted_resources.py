"""What containers ask for beside what is planned: a plan says so where a node may run out of it."""

from __future__ import annotations

import pytest

from tests.documents import Document, deployment, environment, model, plan_of, pool


def _told(asks: Document, on_pool: bool = False, also: Document | None = None, **has: object) -> list[list[str]]:
    """Return the resources warned of, on a pool of nodes with eight GPUs that has `has`, for pods of one GPU."""
    pod: Document = {"container": {"resources": asks}}
    nodes = pool("p", allocatable=has, **({"pod": pod} if on_pool else {}))
    wanted = [deployment("d", "m") if on_pool else deployment("d", "m", pod=pod)]
    if also:
        wanted.append(deployment("e", "m", pod={"container": {"resources": also}}))
    plan = plan_of([environment("env", nodes), model("m"), *wanted])
    assert len(plan["placements"]) == len(wanted)
    found = [each for each in plan["warnings"] if each["code"] == "SW376"]
    return [each["facts"]["resources"] for each in found]


RDMA: Document = {"limits": {"rdma/ib": 1}}


@pytest.mark.parametrize("on_pool", [False, True])
def test_a_device_that_the_pool_does_not_declare_is_told_wherever_it_is_asked_for(on_pool: bool) -> None:
    assert _told(RDMA, on_pool) == [["rdma/ib"]]


def test_a_device_is_told_only_if_a_full_node_may_run_out_of_it() -> None:
    # Eight pods of one GPU each.
    assert _told(RDMA, extendedResources={"rdma/ib": 7}) == [["rdma/ib"]]
    assert _told(RDMA, extendedResources={"rdma/ib": 8}) == []
    # Seven pods, as the remedy says.
    assert _told(RDMA, extendedResources={"rdma/ib": 7}, pods=7) == []


def test_what_others_ask_for_is_told_of_both() -> None:
    two: Document = {"limits": {"rdma/ib": 2}}
    assert _told(RDMA, also=two, extendedResources={"rdma/ib": 8}) == [["rdma/ib"], ["rdma/ib"]]
    assert _told(RDMA, also=two, extendedResources={"rdma/ib": 16}) == []


def test_ephemeral_storage_counts_by_its_request() -> None:
    asks: Document = {"requests": {"ephemeral-storage": "10Gi"}, "limits": {"ephemeral-storage": "50Gi"}}
    assert _told(asks) == [["ephemeral-storage"]]
    assert _told(asks, ephemeralStorage="79Gi") == [["ephemeral-storage"]]
    assert _told(asks, ephemeralStorage="80Gi") == []
    assert _told({"limits": asks["limits"]}, ephemeralStorage="80Gi") == [["ephemeral-storage"]]


def test_huge_pages_are_told() -> None:
    assert _told({"limits": {"hugepages-2Mi": "4Mi"}}) == [["hugepages-2Mi"]]
