"""Every reason for a rejection: its code, its numbers, and which comes first."""

from __future__ import annotations

from itertools import pairwise

import pytest

from slicewise.planning.reasons import RejectionCode
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
    rejections,
    slices,
)
from tests.unit.planning.checker import PRECEDENCE, findings


def _rejection(
    one_pool: Document, one_profile: Document, labels: dict[str, str] | None = None, **fields: object
) -> str:
    """Return code and message of the only rejection there is."""
    documents = [
        environment("env", one_pool, labels=labels),
        model("m", one_profile),
        deployment("d", "m", **fields),  # type: ignore[arg-type]  # fields of any type
    ]
    plan = plan_of(documents)
    assert findings(fleet_of(documents), plan) == []
    (item,) = each_rejection(plan)
    return f"{item['code']}: {item['message']}"


def test_the_codes_are_the_designs_in_its_order() -> None:
    assert tuple(RejectionCode) == PRECEDENCE


@pytest.mark.parametrize(
    ("one_pool", "one_profile", "fields", "expected"),
    [
        (
            pool("p"),
            profile("x"),
            {"environmentSelector": {"region": "a"}},
            "environment-selector: environmentSelector wants region=a; the label is b",
        ),
        (
            pool("p"),
            profile("x"),
            {"environmentSelector": {"tier": "x"}},
            "environment-selector: environmentSelector wants tier=x; there is no such label",
        ),
        (
            pool("p"),
            profile("x", environmentSelector={"region": "a"}),
            {},
            "profile-selector: the profile's environmentSelector wants region=a; the label is b",
        ),
        (
            pool("p", labels={"tier": "y"}),
            profile("x"),
            {"nodePoolSelector": {"tier": "x"}},
            "node-pool-selector: nodePoolSelector wants tier=x; the label is y",
        ),
        (
            pool("p", memoryPerGpu="80Gi"),
            profile("x", memoryPerGpu="81Gi"),
            {},
            "insufficient-memory: a GPU has 80Gi, needs 81Gi",
        ),
        (
            slices("p", "3g.40gb"),
            profile("x", memoryPerGpu="41Gi"),
            {},
            "insufficient-memory: a slice has 40Gi, needs 41Gi",
        ),
        (
            pool("p", precisionSupport=["fp16", "bf16"]),
            profile("x", precisionSupport=["bf16", "int8", "fp8"]),
            {},
            (
                "precision-unsupported: needs fp8, int8; precisionSupport is bf16, fp16; where only the weights are "
                "fp8 or int8, require bf16"
            ),
        ),
        (
            pool("p"),
            profile("x", precisionSupport=["fp8"]),
            {},
            "precision-unsupported: needs fp8; precisionSupport is not declared",
        ),
        (
            pool("p", interconnect="pcie"),
            profile("x", interconnect="nvlink"),
            {},
            "interconnect: the GPUs are joined by pcie, needs nvlink",
        ),
        (
            pool("p"),
            profile("x", interconnect="pcie"),
            {},
            "interconnect: interconnect is not declared, needs pcie",
        ),
        (
            pool("p", interNodeBandwidth="ib-200g"),
            profile("x", interNodeBandwidth="400g"),
            {},
            "inter-node-bandwidth: the network between nodes is ib-200g, needs 400g",
        ),
        (
            pool("p", interNodeBandwidth="roce-800g"),
            profile("x", interNodeBandwidth="ib-400g"),
            {},
            "inter-node-bandwidth: the network between nodes is roce-800g, needs ib-400g",
        ),
        (
            pool("p"),
            profile("x", interNodeBandwidth="100g"),
            {},
            "inter-node-bandwidth: the network between nodes is not declared, needs 100g",
        ),
        (
            pool("p", nvlinkDomainSize=8),
            profile("x", nvlinkDomainSize=16),
            {},
            "nvlink-domain: the NVLink domain is 8 GPUs, needs 16 GPUs",
        ),
        (
            pool("p"),
            profile("x", nvlinkDomainSize=2),
            {},
            "nvlink-domain: the NVLink domain is not declared, needs 2 GPUs",
        ),
        (
            pool("p", nodeCount=4),
            profile("x", nodes=2),
            {},
            "multi-node-unsupported: a replica spans 2 nodes; multiNodeCapable is false",
        ),
        (
            pool("p", acceleratorCount=4),
            profile("x", gpusPerNode=8),
            {},
            "gpus-per-node: a node has 4 GPUs, needs 8",
        ),
        (
            slices("p", "3g.40gb"),
            profile("x", gpusPerNode=2),
            {},
            "mig-single-device: a pod gets one slice, a replica needs 2 GPUs; scale by replicas",
        ),
        (
            slices("p", "3g.40gb"),
            profile("x", mig="never"),
            {},
            "mig-not-allowed: the pool is cut into 3g.40gb slices; the profile has mig: never",
        ),
        (
            pool("p"),
            profile("x", mig="only"),
            {},
            "mig-required: the pool has whole GPUs; the profile has mig: only",
        ),
        (
            pool("p", nodeCount=2, multiNodeCapable=True),
            profile("x", nodes=3),
            {},
            "not-enough-nodes: the pool has at most 2 nodes, a replica needs 3",
        ),
        (
            pool("p", nodeCount=0),
            profile("x"),
            {},
            "not-enough-nodes: the pool has at most 0 nodes, a replica needs 1",
        ),
        (pool("p", nodeCount=8), profile("x"), {"replicas": 65}, "capacity: 64 of 64 units free, needs 65"),
        (
            pool("p", nodeCount=4, reservedUnits=8, multiNodeCapable=True),
            profile("x", nodes=2, gpusPerNode=5),
            {"replicas": 2},
            (
                "capacity: 24 of 32 units free, but only 3 more pods of 5 units each can be promised a node "
                "whatever the order, needs 4"
            ),
        ),
        (
            slices("p", "1g.10gb", allocatable={"cpu": "7", "memory": "1Ti"}),
            profile("x"),
            {"replicas": 2},
            (
                "capacity: 56 of 56 units free, but only 1 more pod of 1 unit, 4 CPUs, 16Gi each can be promised a "
                "node whatever the order, needs 2; short of CPU (a node has 7)"
            ),
        ),
        (
            pool("p", reservedUnits=9),
            profile("x"),
            {},
            "capacity: 0 of 8 units free, needs 1",
        ),
    ],
)
def test_each_code_with_its_numbers(
    one_pool: Document, one_profile: Document, fields: dict[str, object], expected: str
) -> None:
    assert _rejection(one_pool, one_profile, {"region": "b"}, **fields) == expected


@pytest.mark.parametrize(
    ("has", "needs"),
    [
        ({}, {}),
        ({"interconnect": "nvlink"}, {"interconnect": "pcie"}),
        ({"interNodeBandwidth": "ib-400g"}, {"interNodeBandwidth": "400g"}),
        ({"interNodeBandwidth": "efa-3200g"}, {"interNodeBandwidth": "efa-400g"}),
        ({"nvlinkDomainSize": 8}, {"nvlinkDomainSize": 8}),
        ({"memoryPerGpu": "40Gi"}, {"memoryPerGpu": "40960Mi"}),
        ({"precisionSupport": ["fp8", "bf16"]}, {"precisionSupport": ["fp8"]}),
        ({"interconnect": "pcie", "nvlinkDomainSize": 1}, {"mig": "never"}),
        ({"multiNodeCapable": True, "nodeCount": 2}, {"nodes": 2, "gpusPerNode": 8}),
        # Two pods of a replica may share a node; that there are two nodes is what the topology says it needs.
        ({"multiNodeCapable": True, "nodeCount": 2}, {"nodes": 2, "gpusPerNode": 4}),
    ],
)
def test_what_is_just_enough_is_enough(has: dict[str, object], needs: dict[str, object]) -> None:
    plan = plan_of([environment("env", pool("p", **has)), model("m", profile("x", **needs)), deployment("d", "m")])
    assert plan["shortfalls"] == []


# Requirements and pools that break exactly one rule each, in the order of docs/placement.md, and can be combined.
_FAULTS: list[tuple[str, Document, Document, Document]] = [
    ("profile-selector", {}, {"environmentSelector": {"region": "a"}}, {}),
    ("node-pool-selector", {}, {}, {"nodePoolSelector": {"tier": "x"}}),
    ("insufficient-memory", {}, {"memoryPerGpu": "90Gi"}, {}),
    ("precision-unsupported", {}, {"precisionSupport": ["fp8"]}, {}),
    ("interconnect", {}, {"interconnect": "nvlink"}, {}),
    ("inter-node-bandwidth", {}, {"interNodeBandwidth": "100g"}, {}),
    ("nvlink-domain", {}, {"nvlinkDomainSize": 2}, {}),
    ("multi-node-unsupported", {}, {"nodes": 2}, {}),
    ("gpus-per-node", {}, {"gpusPerNode": 16}, {}),
    ("mig-required", {}, {"mig": "only"}, {}),
    ("not-enough-nodes", {"nodeCount": 0}, {}, {}),
    ("capacity", {}, {}, {"replicas": 9}),
]


@pytest.mark.parametrize(("first", "second"), [*pairwise(_FAULTS), (_FAULTS[0], _FAULTS[-1]), (_FAULTS[3], _FAULTS[9])])
def test_of_two_reasons_the_designs_first_is_given(
    first: tuple[str, Document, Document, Document], second: tuple[str, Document, Document, Document]
) -> None:
    (code, *one), (_, *other) = first, second
    of_pool, of_profile, of_deployment = (a | b for a, b in zip(one, other, strict=True))
    given = _rejection(pool("p", **of_pool), profile("x", **of_profile), **of_deployment)
    assert given.split(":")[0] == code


def test_on_slices_the_shape_is_said_before_the_preference() -> None:
    given = _rejection(slices("p", "3g.40gb", nodeCount=0), profile("x", gpusPerNode=2, mig="never"))
    assert given.startswith("mig-single-device")
    assert _rejection(slices("p", "3g.40gb", nodeCount=0), profile("x", mig="never")).startswith("mig-not-allowed")
    both = profile("x", nodes=2, gpusPerNode=2)
    assert _rejection(slices("p", "3g.40gb"), both).startswith("multi-node-unsupported")


def test_every_pool_and_profile_is_answered_for() -> None:
    documents = [
        environment("away", pool("p"), labels={"region": "a"}),
        environment("here", slices("s", "3g.40gb"), pool("p", nodeCount=0), labels={"region": "b"}),
        environment("serves", pool("p"), pool("q"), labels={"region": "b"}),
        model("m", profile("z", mig="never"), profile("a", gpusPerNode=2)),
        deployment("d", "m", environments=3, environmentSelector={"region": "b"}),
    ]
    plan = plan_of(documents)
    assert rejections(plan, "d") == [
        ("away", None, None, "environment-selector"),
        ("here", "p", "a", "not-enough-nodes"),
        ("here", "p", "z", "not-enough-nodes"),
        ("here", "s", "a", "mig-single-device"),
        ("here", "s", "z", "mig-not-allowed"),
    ]
    assert (plan["shortfalls"][0]["wanted"], plan["shortfalls"][0]["placed"]) == (3, 1)


def test_without_environments_there_is_nothing_to_reject() -> None:
    plan = plan_of([model("m"), deployment("d", "m")])
    assert plan == {
        "placements": [],
        "shortfalls": [{"deployment": {"namespace": "team", "name": "d"}, "wanted": 1, "placed": 0, "rejections": []}],
        "nodePools": [],
        "poolSets": [],
        "warnings": [],
        "quotas": [],
        "moved": [],
    }


def test_a_pod_that_no_node_holds_is_said_with_what_a_node_has() -> None:
    small = pool("p", allocatable={"cpu": 60, "memory": "100Gi"})
    documents = [environment("e", small), model("m", cpu="64", memory="200Gi"), deployment("d", "m")]
    (rejection,) = each_rejection(plan_of(documents))
    assert rejection["message"] == (
        "8 of 8 units free, but a pod asks for 64 CPUs (a node has 60) and 200Gi of memory (a node has 100Gi)"
    )
