"""What a reason says in numbers and names is there as JSON data, too."""

from __future__ import annotations

import json
import re

import pytest

from slicewise.documents import Precision
from slicewise.kubernetes import GIB, Quantity
from slicewise.planning import lists_with_remedies, make_plan, read_lists
from slicewise.planning.capacity import NodeSize, PodSize, PodTooLarge
from slicewise.planning.capacity.no_room import NodeTooSmall, TooFewPlaces, TooFewPods, TooFewUnits
from slicewise.planning.moves import EnvironmentGone, MoveReason, NodePoolGone, OtherNodes, ResourceGone
from slicewise.planning.reason_facts import reason_facts
from slicewise.planning.reasons import (
    InsufficientMemory,
    InterconnectTooSlow,
    NvlinkDomainTooSmall,
    PrecisionUnsupported,
    Reason,
    RejectionCode,
    SelectorMismatch,
    SingleSlice,
    SlicesRequired,
)
from tests.documents import Document, deployment, environment, fleet_of, model, plan_of, pool, profile, slices

POD = PodSize(2, 1000, 16 * GIB)
POD_FACTS = {
    "units": 2,
    "cpuMillis": 1000,
    "memoryBytes": 16 * 1024**3,
    "ephemeralStorageBytes": 0,
    "pods": 1,
    "extendedResources": {},
}
NODE = NodeSize(8, 500, None, pods=3, extended=(("rdma/ib", 2),))
NODE_FACTS = {
    "units": 8,
    "cpuMillis": 500,
    "memoryBytes": None,
    "ephemeralStorageBytes": None,
    "pods": 3,
    "extendedResources": {"rdma/ib": 2},
}


@pytest.mark.parametrize(
    ("reason", "facts"),
    [
        (TooFewUnits(3, 16, 4), {"free": 3, "units": 16, "needs": 4}),
        (
            TooFewPods(3, 16, POD, 1, 4, NODE, ("cpu", "pods")),
            {
                "free": 3,
                "units": 16,
                "pod": POD_FACTS,
                "most": 1,
                "needs": 4,
                "node": NODE_FACTS,
                "short": ["cpu", "pods"],
            },
        ),
        (TooFewPlaces(3, 16, 4, 9), {"free": 3, "units": 16, "needs": 4, "blocked": 9}),
        (
            NodeTooSmall(3, 16, POD, NODE),
            {
                "free": 3,
                "units": 16,
                "pod": POD_FACTS,
                "node": NODE_FACTS,
            },
        ),
        (PodTooLarge(POD), {"pod": POD_FACTS}),
        (
            InsufficientMemory(Quantity.parse("10240Mi"), Quantity.parse("0.5Ti"), slices=True),
            {"has": "10Gi", "needs": "512Gi", "slices": True},
        ),
        (
            PrecisionUnsupported(frozenset({Precision.INT8, Precision.FP8}), frozenset({Precision.BF16})),
            {"missing": ["fp8", "int8"], "declared": ["bf16"]},
        ),
        (InterconnectTooSlow(None, "nvlink", slices=False), {"has": None, "needs": "nvlink", "slices": False}),
        (NvlinkDomainTooSmall(4, 8, slices=False), {"has": 4, "needs": 8, "slices": False}),
        (SingleSlice(2), {"needs": 2}),
        (SlicesRequired(), {}),
        (
            SelectorMismatch(RejectionCode.NODE_POOL_SELECTOR, "nodePoolSelector", "tier", "gold", None),
            {"selector": "nodePoolSelector", "key": "tier", "wanted": "gold", "found": None},
        ),
        (EnvironmentGone("east"), {"environment": "east"}),
        (NodePoolGone("east", "small"), {"environment": "east", "nodePool": "small"}),
        (
            ResourceGone("east", "small", "nvidia.com/gpu", "1g.10gb"),
            {"environment": "east", "nodePool": "small", "resource": "nvidia.com/gpu", "migProfile": "1g.10gb"},
        ),
        (OtherNodes("east", "a", "b"), {"environment": "east", "nodePool": "a", "now": "b"}),
    ],
)
def test_facts_of_a_reason(reason: Reason | MoveReason, facts: dict[str, object]) -> None:
    found = reason_facts(reason)
    assert found == facts
    assert json.loads(json.dumps(found)) == facts


def test_one_cpu_is_one() -> None:
    assert PodTooLarge(PodSize(1, 1000)).message == "a pod asks for 1 unit, 1 CPU: more than a node has"
    assert PodTooLarge(PodSize(1, 1500)).message == "a pod asks for 1 unit, 1.5 CPUs: more than a node has"
    one = NodeTooSmall(1, 1, PodSize(1, 1000), NodeSize(1, 500))
    assert one.message == "1 of 1 units free, but a pod asks for 1 CPU (a node has 0.5)"


def test_what_to_do_is_apart_from_what_is_the_matter() -> None:
    quantised = PrecisionUnsupported(frozenset({Precision.FP8}), frozenset({Precision.BF16}))
    assert quantised.message == "needs fp8; precisionSupport is bf16"
    assert quantised.remedy == "where only the weights are fp8, require bf16"
    assert quantised.text == f"{quantised.message}; {quantised.remedy}"
    assert (SingleSlice(2).message, SingleSlice(2).remedy) == (
        "a pod gets one slice, a replica needs 2 GPUs",
        "scale by replicas",
    )


def test_moved_has_facts() -> None:
    old = [environment("east", pool("p")), environment("west", pool("p")), model("m"), deployment("d", "m")]
    before = plan_of(old)
    (gone,) = {each["environment"] for each in before["placements"]}
    left = [each for each in old if each["metadata"]["name"] != gone]
    assert [each["facts"] for each in plan_of(left, before)["moved"]] == [{"environment": gone}]


def with_remedies(*documents: Document) -> Document:
    """Return the shortfall that `plan --output json` has."""
    fleet = fleet_of(documents)
    (shortfall,) = read_lists(lists_with_remedies(fleet, make_plan(fleet)))["shortfalls"]
    found: Document = json.loads(json.dumps(shortfall))
    return found


def test_the_nearest_miss_is_in_the_json() -> None:
    served = [model("m", profile("f", memoryPerGpu="85Gi")), deployment("d", "m")]
    cut = slices("s", "3g.40gb")
    shortfall = with_remedies(environment("e", pool("p"), cut), *served)
    assert shortfall["nearestMiss"] == {
        "environment": "e",
        "nodePool": "p",
        "profile": "f",
        "code": "insufficient-memory",
        "message": "no pool has 85Gi a GPU or slice: the largest is 80Gi (e/p)",
        "facts": {"has": "80Gi", "needs": "85Gi", "slices": False},
    }
    nearest = {key: value for key, value in shortfall["nearestMiss"].items() if key not in ("environment", "nodePool")}
    (rejection,) = (each for each in shortfall["rejections"] if each["facts"] == nearest["facts"])
    assert {**nearest, "message": "a GPU has 80Gi, needs 85Gi", "pools": rejection["pools"]} == rejection


def test_where_a_pool_is_only_full_nothing_is_nearest() -> None:
    full = with_remedies(environment("e", pool("p")), model("m"), deployment("d", "m", replicas=9))
    assert full["nearestMiss"] is None
    (rejection,) = full["rejections"]
    assert {float(number) for number in re.findall(r"\d+", rejection["message"])} == set(rejection["facts"].values())
