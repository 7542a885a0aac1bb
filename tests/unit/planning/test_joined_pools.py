"""Pools that are alike: a maximum that none holds alone, and one pool of all would (SW323)."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.planning import make_plan
from slicewise.planning.explaining.never_served import prospects
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices

SERVED = model("m", profile("q", memoryPerGpu="34Gi"))
GROUP = "eks.amazonaws.com/nodegroup"


def of_zone(zone: str, **fields: Any) -> Document:  # noqa: ANN401 - fields of a pool
    return slices(f"h100-{zone}", "3g.40gb", **{"nodeCount": 2, "nodeSelector": {GROUP: f"g-{zone}"}} | fields)


def advice(*pools: Document, replicas: int = 60) -> str:
    written = [environment("e", *pools), SERVED]
    (told,) = prospects(fleet_of([*written, deployment("d", "m", replicas=replicas)]))
    assert told.code.value == "SW323"
    return told.text


def test_one_pool_of_three_zones_holds_what_none_holds_alone() -> None:
    """Two nodes of 16 slices in each zone."""
    text = advice(*map(of_zone, "abc"))
    assert (
        "write e/h100-a, e/h100-b, e/h100-c, which are alike, as one pool with nodeSelector "
        f"{GROUP}: [g-a, g-b, g-c], nodeCount: 6, which holds 96, or write replicas: 32, or add nodes" in text
    )
    # As it says.
    joined = of_zone("a", nodeSelector={GROUP: ["g-a", "g-b", "g-c"]}, nodeCount=6)
    fleet = fleet_of([environment("e", joined), SERVED, deployment("d", "m", replicas=60)])
    assert list(prospects(fleet)) == []
    assert [each.replicas for each in make_plan(fleet).placements] == [60]


def test_what_is_reserved_and_what_may_come_is_added_up() -> None:
    text = advice(of_zone("a", reservedUnits=1), of_zone("b", maxNodeCount=3), replicas=70)
    assert "nodeCount: 4, maxNodeCount: 5, reservedUnits: 1, which holds 79" in text


def test_nodes_that_are_cut_in_several_profiles() -> None:
    """Eight slices of 3g.40gb on each of two nodes in each zone, beside 16 of 1g.10gb."""
    cut = {"enabled": True, "slices": {"3g.40gb": 8, "1g.10gb": 16}}
    pools = [of_zone(zone, migConfiguration=cut, allocatable={"cpu": "188", "memory": "1900Gi"}) for zone in "abc"]
    for each in pools:
        del each["capabilities"]["memoryPerGpu"]
    assert "as one pool with nodeSelector" in advice(*pools, replicas=40)
    assert "as one pool" not in advice(*pools, replicas=49)


@pytest.mark.parametrize(
    "other",
    [
        of_zone("b", acceleratorCount=4),
        of_zone("b", allocatable={"cpu": "64"}),
        of_zone("b", labels={"tier": "x"}),
        of_zone("b", nodeSelector={GROUP: "g-b", "disk": "ssd"}),
        of_zone("b", tolerations=[{"operator": "Exists"}]),
    ],
)
def test_pools_that_differ_otherwise_stay_apart(other: Document) -> None:
    assert "as one pool" not in advice(of_zone("a"), other)


def test_one_pool_that_holds_too_little_is_not_proposed() -> None:
    assert "as one pool" not in advice(of_zone("a"), of_zone("b"), replicas=65)


def test_two_labels_that_differ_are_not_one_list() -> None:
    """Lists of both would select nodes of one pool's disk in the other's zone."""
    pools = [of_zone(zone, nodeSelector={GROUP: f"g-{zone}", "disk": zone}) for zone in "ab"]
    assert "as one pool" not in advice(*pools)
