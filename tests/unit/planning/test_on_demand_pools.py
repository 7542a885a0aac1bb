"""Pools whose GPUs are cut on demand, from documents to a plan: what is promised, and what is said of the rest."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from slicewise.planning import gpu_sums, make_plan, pool_costs
from tests.documents import (
    Document,
    deployment,
    environment,
    fleet_of,
    model,
    on_demand,
    places,
    plan_of,
    profile,
    several,
    slices,
)

SMALL = model("small", profile("s", memoryPerGpu="9Gi"), cpu="4")
LARGE = model("large", profile("s", memoryPerGpu="39Gi"), cpu="8")
WHOLE = model("whole", profile("s", memoryPerGpu="79Gi", mig="never"))


def plan(cut: Document, *deployments: Document) -> dict[str, Any]:
    return plan_of([environment("env", cut), SMALL, LARGE, WHOLE, *deployments])


def numbers(found: Document) -> dict[str, tuple[int, int, int, int]]:
    """Return allocated, reserved, free and blocked units by resource."""
    return {
        each["resource"].removeprefix("nvidia.com/"): tuple(
            each[key] for key in ("allocated", "reserved", "free", "blocked")
        )
        for each in found["nodePools"]
    }


def served(found: Document) -> set[str]:
    return {place[0] for place in places(found)}


def test_one_profile_is_promised_in_full() -> None:
    cut = on_demand("cut", ["1g.10gb"], acceleratorCount=2, nodeCount=2)
    assert served(plan(cut, deployment("a", "small", replicas=28))) == {"a"}
    assert served(plan(cut, deployment("a", "small", replicas=29))) == set()
    (pool,) = plan(cut, deployment("a", "small", replicas=5))["nodePools"]
    assert (pool["unitsPerNode"], pool["units"], pool["free"]) == (14, 28, 23)


def test_two_small_slices_may_block_a_gpu_for_a_large_one() -> None:
    """Four GPUs: with one 3g.40gb, any eight slices could have blocked all of them before the last one came."""
    cut = on_demand("cut", ["1g.10gb", "3g.40gb"], acceleratorCount=2, nodeCount=2)
    first = deployment("a", "large", replicas=2, priority=1)
    found = plan(cut, first, deployment("b", "small", replicas=6))
    assert served(found) == {"a", "b"}
    assert numbers(found) == {"mig-1g.10gb": (6, 0, 0, 22), "mig-3g.40gb": (2, 0, 0, 6)}
    assert served(plan(cut, first, deployment("b", "small", replicas=7))) == {"a"}


def test_a_pod_with_a_whole_gpu_needs_one_without_slices() -> None:
    cut = on_demand("cut", ["1g.10gb"], acceleratorCount=4, wholeGpus=2)
    first = deployment("a", "whole", replicas=2, priority=1)
    assert served(plan(cut, first, deployment("b", "small", replicas=2))) == {"a", "b"}
    assert served(plan(cut, first, deployment("b", "small", replicas=3))) == {"a"}
    assert served(plan(cut, deployment("a", "whole", replicas=3))) == set()


def test_reserved_slices_are_pods_of_others() -> None:
    def cut(reserved: int) -> Document:
        return on_demand("cut", ["1g.10gb", "3g.40gb"], acceleratorCount=2, reservedSlices={"1g.10gb": reserved})

    assert served(plan(cut(2), deployment("a", "large", replicas=2))) == {"a"}
    assert served(plan(cut(3), deployment("a", "large", replicas=2))) == set()
    assert numbers(plan(cut(2), deployment("a", "large", replicas=2)))["mig-1g.10gb"] == (0, 2, 0, 12)


def test_cpu_is_that_of_the_node_once() -> None:
    cut = on_demand("cut", ["1g.10gb", "3g.40gb"], acceleratorCount=4, allocatable={"cpu": "20", "memory": "1Ti"})
    asked = (deployment("a", "large", replicas=1, priority=1), deployment("b", "small", replicas=2))
    assert served(plan(cut, *asked)) == {"a", "b"}
    assert served(plan(cut, asked[0], deployment("b", "small", replicas=4))) == {"a"}


def test_why_there_is_no_room_beside_other_profiles() -> None:
    cut = on_demand("cut", ["1g.10gb", "3g.40gb"], acceleratorCount=2, nodeCount=2)
    found = plan(cut, deployment("a", "small", replicas=6, priority=1), deployment("b", "large", replicas=3))
    (reason,) = (each for each in found["shortfalls"][0]["rejections"] if each["code"] == "capacity")
    assert reason["message"] == "2 of 8 units free (6 blocked by other profiles), needs 3"


def pools_of(found: Document) -> dict[str, str]:
    """Return the pool of each deployment."""
    return {place[0]: place[2] for place in places(found)}


def two_pools(small: str = "one", large: str = "two") -> list[Document]:
    """Return a pool of four GPUs and one of eight."""
    profiles = ["1g.10gb", "3g.40gb"]
    return [on_demand(small, profiles, acceleratorCount=4), on_demand(large, profiles, acceleratorCount=8)]


def test_pods_go_where_their_profile_is_and_leave_empty_pools_to_others() -> None:
    asked = [deployment("a", "large", replicas=14, priority=1), deployment("b", "large", replicas=2)]
    found = plan_of([environment("env", *two_pools()), LARGE, *asked])
    # The other has more room, and none of its profile.
    assert pools_of(found) == {"a": "two", "b": "two"}


def test_pods_go_to_an_empty_pool_before_they_mix_with_other_profiles() -> None:
    few = [deployment("a", "small", replicas=1, priority=1), deployment("b", "large", replicas=2)]
    pools = two_pools("two", "one")
    first = plan_of([environment("env", pools[1]), SMALL, LARGE, few[0]])
    found = plan_of([environment("env", *pools), SMALL, LARGE, *few], first)
    # Beside one small slice the larger pool has 15 places for these, the other eight; and by name it comes first.
    assert pools_of(found) == {"a": "one", "b": "two"}


def test_a_pool_that_is_cut_already_does_not_decide_for_one_that_is_cut_on_demand() -> None:
    """Its nodes have as many units of each profile, and what is there leaves as much to others whatever it is."""
    cut = several("a-cut", {"1g.10gb": 56, "3g.40gb": 16}, acceleratorCount=16, labels={"cut": "already"})
    pools = [each | {"labels": {"cut": "on-demand"}} for each in two_pools("two", "one")]
    few = [deployment("a", "small", replicas=1, priority=1), deployment("b", "large", replicas=2)]
    for each in few:
        each["spec"]["nodePoolSelector"] = {"matchLabels": {"cut": "on-demand"}}
    first = plan_of([environment("env", pools[1]), SMALL, LARGE, few[0]])
    assert pools_of(plan_of([environment("env", cut, *pools), SMALL, LARGE, *few], first)) == {"a": "one", "b": "two"}


@pytest.mark.parametrize(("before", "after"), [("3g.40gb", ["1g.10gb", "3g.40gb"]), ("3g.40gb", ["3g.40gb"])])
def test_what_runs_stays_when_a_pool_becomes_one_that_is_cut_on_demand(before: str, after: list[str]) -> None:
    asked = [deployment("a", "large", replicas=3), LARGE, SMALL]
    cut = slices("cut", before, memoryPerGpu="39Gi", acceleratorCount=2, nodeCount=2)
    first = plan_of([environment("env", cut), *asked])
    second = plan_of([environment("env", on_demand("cut", after, acceleratorCount=2, nodeCount=2)), *asked], first)
    assert served(second) == {"a"}
    assert second["moved"] == []
    assert [each["retained"] for each in second["placements"]] == [True]


def test_with_a_price_the_gpus_count_once() -> None:
    """Eight GPUs of 10 an hour: six 1g.10gb and two 3g.40gb have 14 of 64 memory slices."""
    cut = on_demand("cut", ["1g.10gb", "3g.40gb"], acceleratorCount=4, nodeCount=2, pricePerHour=40)
    fleet = fleet_of(
        [
            environment("env", cut),
            SMALL,
            LARGE,
            deployment("a", "large", replicas=2),
            deployment("b", "small", replicas=6),
        ]
    )
    made = make_plan(fleet)
    (cost,) = pool_costs(fleet, made.node_pools)
    assert (cost.allocated, cost.free, cost.stranded) == (Fraction(80 * 14, 64), Fraction(80 * 50, 64), Fraction(0))
    sums = gpu_sums(made.node_pools)
    assert (sums.allocated, sums.total) == (Fraction(14, 8), Fraction(8))


def test_pods_that_were_placed_stay_while_others_come() -> None:
    cut = [environment("env", on_demand("cut", ["1g.10gb", "3g.40gb"], acceleratorCount=2, nodeCount=2)), SMALL, LARGE]
    first = plan_of([*cut, deployment("z", "small", replicas=5)])
    second = plan_of(
        [*cut, deployment("a", "large", replicas=4, priority=9), deployment("z", "small", replicas=5)], first
    )
    assert served(second) == {"z"}
    assert second["moved"] == []
