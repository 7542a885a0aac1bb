"""Quotas of some pools, where a placement and its prefill workload have several to be on."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slicewise.planning import DecisionLog, Rejections, Remedies, candidates, make_plan
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
    quota,
    slices,
)
from tests.unit.planning.checker import findings
from tests.unit.planning.following import assert_true, lines, remedies_of
from tests.unit.planning.quotas_drawn import drawn_quotas, with_teams
from tests.unit.planning.strategies import fleets, steady

SLICE: Document = {"requires": {"memoryPerGpu": "30Gi", "mig": "only"}}


def declared(*more: Document) -> list[Document]:
    """Of two pools of slices one is full, and a quota allows one unit of the other; prefill needs two."""
    own = profile("tp4", gpusPerNode=4, memoryPerGpu="70Gi", mig="never")
    return [
        environment(
            "env",
            pool("whole"),
            slices("full", "3g.40gb", labels={"is": "full"}),
            slices("limited", "3g.40gb", labels={"is": "limited"}),
        ),
        model("m", own | {"prefill": {"replicas": 2, "replicaTopology": SLICE}}),
        model("small", profile("cut", **SLICE["requires"])),
        deployment("filling", "small", replicas=16, namespace="ops", nodePoolSelector={"is": "full"}, priority=1),
        deployment("chat", "m"),
        quota("few", {"units": 1}, namespaces=["team"], nodePoolSelector={"is": "limited"}),
        *more,
    ]


def test_a_pool_with_room_that_a_quota_forbids_and_a_full_one_leave_no_place_for_prefill() -> None:
    documents = declared()
    plan = plan_of(documents)
    assert [item["deployment"]["name"] for item in plan["placements"]] == ["filling"]
    assert findings(fleet_of(documents), plan) == []
    reasons = {item["nodePool"]: item["message"] for item in each_rejection(plan)}
    assert reasons["whole"] == (
        "no pool of the environment takes its prefill workload beside it; "
        "full comes nearest: 0 of 16 units free, needs 2"
    )


def test_what_a_quota_forbids_of_prefill_alone_is_said() -> None:
    documents = declared()
    del documents[0]["spec"]["nodePools"][1], documents[3]
    said = {item["nodePool"]: item["message"] for item in each_rejection(plan_of(documents))}
    # One pool is left for prefill, so the quota forbids every pair.
    assert said["whole"] == "Quota few: 0 of 1 unit taken, needs 2"


def test_remedies_are_of_both_pools_and_work() -> None:
    documents = declared()
    found = lines(documents, "chat", limit=9)
    assert found == [
        "units 2 (now 1) in Quota few would let it run on env/whole",
        "nodeCount 2 on env/full (now 1) would let it run",
    ]
    for remedy in remedies_of(documents, "chat", limit=9):
        assert_true(remedy, documents, "chat")


def test_explain_has_its_reason() -> None:
    fleet = fleet_of(declared())
    log = DecisionLog(next(each.key for each in fleet.deployments if each.metadata.name == "chat"))
    found = {each.node_pool: each for each in candidates(fleet, make_plan(fleet, log=log), log)}
    assert found["whole"].verdict.value == "full"
    assert "full comes nearest" in found["whole"].message


@pytest.mark.long
@settings(steady, max_examples=25)
@given(fleets(split=True), st.integers(0, 2**16))
def test_whatever_quotas_there_are_refusals_are_true_and_remedies_work(documents: list[Document], seed: int) -> None:
    rng = Random(seed)  # noqa: S311 - drawn to be repeated, not to be secret
    with_teams(documents, rng)
    limited = [*documents, *drawn_quotas(documents, rng, rng.randint(1, 4))]
    fleet, plan = fleet_of(limited), plan_of(limited)
    assert findings(fleet, plan) == []
    made = make_plan(fleet)
    remedies = Remedies(fleet, made, Rejections(fleet, made))
    for shortfall in made.shortfalls[:2]:
        for remedy in remedies.of(shortfall, limit=6):
            assert_true(remedy, limited, shortfall.deployment.name)
