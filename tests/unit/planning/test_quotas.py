"""Quotas: what counts, in which order, what stays, and what is said where they forbid something."""

from __future__ import annotations

import pytest

from slicewise.planning import make_plan, parse_previous
from tests.documents import (
    Document,
    deployment,
    each_rejection,
    environment,
    fleet_of,
    model,
    places,
    plan_of,
    planned,
    planned_outputs,
    pool,
    profile,
    quota,
    slices,
)
from tests.unit.planning.checker import findings
from tests.unit.planning.following import assert_true, lines, remedies_of, shortfalls_said
from tests.unit.planning.quota_rule import overdrawn

CUT = slices("cut", "1g.10gb", labels={"tier": "cut"})
WHOLE = pool("whole", labels={"tier": "whole"})
ANY = model("m", profile("any", mig="any"))


def checked(*documents: Document, before: Document | None = None) -> Document:
    """Return the plan, which the independent checker finds right."""
    fleet = fleet_of(documents)
    old = before["placements"] if before else []
    plan = planned(fleet, parse_previous(old, "before"))
    assert findings(fleet, plan) == []
    assert list(overdrawn(fleet, plan["placements"], old)) == []
    return plan


def refusals(plan: Document) -> list[str]:
    return [item["message"] for item in each_rejection(plan) if item["code"] == "quota"]


@pytest.mark.parametrize(
    ("limits", "most", "said"),
    [
        # An H100 has seven 1g.10gb, of 9984 MiB each (nvidia-smi mig -lgip).
        ({"units": 10}, 10, "Quota team: 10 of 10 units taken, needs 1"),
        ({"gpuEquivalents": 1}, 7, "Quota team: 1 of 1 GPU equivalent taken, needs 0.14"),
        ({"gpuEquivalents": "1.5"}, 10, "Quota team: 1.43 of 1.5 GPU equivalents taken, needs 0.14"),
        ({"memory": "39Gi"}, 4, "Quota team: 39 of 39 GiB of GPU memory taken, needs 9.75"),
        ({"memory": "38.9Gi"}, 3, "Quota team: 29.25 of 38.9 GiB of GPU memory taken, needs 9.75"),
        (
            {"units": 9, "gpuEquivalents": 1},
            7,
            "Quota team: 1 of 1 GPU equivalent taken, needs 0.14",
        ),
        ({"units": 0}, 0, "Quota team: 0 of 0 units taken, needs 1"),
    ],
)
def test_what_each_measure_counts(limits: Document, most: int, said: str) -> None:
    several = [deployment(f"d{number:02}", "m") for number in range(12)]
    plan = checked(environment("a", CUT), ANY, *several, quota("team", limits, namespaces=["team"]))
    assert len(plan["placements"]) == most
    assert set(refusals(plan)) == {said}


def test_who_is_counted_and_where() -> None:
    labelled = deployment("labelled", "m", replicas=2)
    labelled["metadata"]["labels"] = {"cost-center": "1"}
    declared = [environment("a", CUT, WHOLE), ANY, labelled, deployment("other", "m", namespace="ops", replicas=2)]
    assert len(checked(*declared, quota("q", {"units": 1}))["placements"]) == 0
    assert places(checked(*declared, quota("q", {"units": 1}, namespaces=["team"])))[0][0] == "other"
    assert (
        places(checked(*declared, quota("q", {"units": 1}, deploymentSelector={"cost-center": "1"})))[0][0] == "other"
    )
    # Slices have less memory, so they would be taken first: a quota of their pool leaves the whole GPUs.
    on_slices = quota("q", {"units": 0}, nodePoolSelector={"tier": "cut"})
    assert {place[2] for place in places(checked(*declared, on_slices))} == {"whole"}
    elsewhere = quota("q", {"units": 0}, environmentSelector={"slicewise.dev/environment": "b"})
    assert len(checked(*declared, elsewhere)["placements"]) == 2


def test_the_most_replicas_of_an_autoscaler_count() -> None:
    scaling = {"signal": "Concurrency", "concurrency": {"minReplicas": 1, "maxReplicas": 4, "target": 8}}
    scaled = deployment("d", "m", scaling=scaling)
    assert checked(environment("a", CUT), ANY, scaled, quota("q", {"units": 4}))["shortfalls"] == []
    assert refusals(checked(environment("a", CUT), ANY, scaled, quota("q", {"units": 3}))) == [
        "Quota q: 0 of 3 units taken, needs 4"
    ]


def test_a_prefill_workload_counts_with_its_placement() -> None:
    split = model("m", {**profile("p", mig="any"), "prefill": {"replicas": 3}})
    declared = [environment("a", CUT, WHOLE), split, deployment("d", "m", replicas=2)]
    assert checked(*declared, quota("q", {"units": 5}))["shortfalls"] == []
    assert set(refusals(checked(*declared, quota("q", {"units": 4})))) == {"Quota q: 0 of 4 units taken, needs 5"}


def test_priority_decides_and_then_as_many_as_can_be() -> None:
    declared = [
        environment("a", CUT),
        ANY,
        deployment("low", "m", replicas=3),
        deployment("high", "m", replicas=3, priority=1),
    ]
    assert [place[0] for place in places(checked(*declared, quota("q", {"units": 4})))] == ["high"]
    small = [deployment(f"small{number}", "m") for number in range(4)]
    large = deployment("large", "m", replicas=4)
    plan = checked(environment("a", CUT), ANY, large, *small, quota("q", {"units": 4}))
    assert [place[0] for place in places(plan)] == ["small0", "small1", "small2", "small3"]


def test_what_runs_stays_and_nothing_is_added() -> None:
    declared = [environment("a", CUT, WHOLE), ANY, deployment("d", "m", replicas=4), deployment("e", "m", replicas=2)]
    before = plan_of(declared)
    more = deployment("new", "m")
    plan = checked(*declared, more, quota("q", {"units": 3}), before=before)
    assert [place[0] for place in places(plan)] == ["d", "e"]
    assert plan["moved"] == []
    assert refusals(plan) == ["Quota q: 6 of 3 units taken, needs 1"] * 2
    (warning,) = [item for item in plan["warnings"] if item["code"] == "SW388"]
    assert warning["path"] == "Quota q: spec.limits.units"
    assert warning["message"] == (
        "what runs takes 6 units, and 3 may be taken: it stays, and nothing more is placed that this quota counts; "
        "write 6, or give up 3 units"
    )


def test_growth_beyond_a_quota_is_refused() -> None:
    one, grown = deployment("d", "m", replicas=4), deployment("d", "m", replicas=6)
    before = plan_of([environment("a", CUT), ANY, one])
    fleet = fleet_of([environment("a", CUT), ANY, grown, quota("q", {"units": 5})])
    plan = make_plan(fleet, parse_previous(before["placements"], "before"))
    assert [str(move.reason.message) for move in plan.moved] == ["Quota q: 0 of 5 units taken, needs 6"]
    assert checked(environment("a", CUT), ANY, grown, quota("q", {"units": 6}), before=before)["moved"] == []


def test_moving_takes_no_more_of_a_quota() -> None:
    """`d` has to leave its pool, `e` waits for a place: what ran has its share of the quota before what is new."""
    gone = [environment("a", pool("whole", labels={"is": "x"}), pool("other")), ANY]
    wanted = deployment("d", "m", replicas=4, nodePoolSelector={"is": "x"})
    before = plan_of([*gone, wanted])
    assert before["placements"][0]["nodePool"] == "whole"
    now = [
        environment("a", pool("whole"), pool("other", labels={"is": "x"})),
        ANY,
        deployment("e", "m", replicas=4, priority=9),
    ]
    for limit in (4, 2):
        plan = checked(*now, wanted, quota("q", {"units": limit}), before=before)
        assert places(plan) == [("d", "a", "other", "any")]
        assert refusals(plan)


def test_moving_onto_pools_that_a_quota_counts_is_refused() -> None:
    free = [environment("a", pool("whole", labels={"is": "x"}), pool("gold", labels={"tier": "gold"})), ANY]
    before = plan_of([*free, deployment("d", "m", replicas=4, nodePoolSelector={"is": "x"})])
    now = [*free, deployment("d", "m", replicas=4, nodePoolSelector={"tier": "gold"})]
    gold = quota("q", {"units": 3}, nodePoolSelector={"tier": "gold"})
    assert checked(*now, before=before)["shortfalls"] == []
    assert refusals(checked(*now, gold, before=before)) == ["Quota q: 0 of 3 units taken, needs 4"]


def test_remedies_name_the_quota_and_work() -> None:
    documents = [environment("a", CUT), ANY, deployment("d", "m", replicas=3), deployment("e", "m", replicas=2)]
    documents += [quota("q", {"gpuEquivalents": "0.5", "memory": "900Gi"})]
    name = plan_of(documents)["shortfalls"][0]["deployment"]["name"]
    said = lines(documents, name)
    assert said[0] == "gpuEquivalents 0.72 (now 0.5) in Quota q would let it run on a/cut"
    for remedy in remedies_of(documents, name, 8):
        assert_true(remedy, documents, name)


def test_two_limits_at_once_have_no_remedy_of_one_field() -> None:
    documents = [environment("a", CUT), ANY, deployment("d", "m"), quota("q", {"units": 0, "gpuEquivalents": "0.01"})]
    assert remedies_of(documents, "d") == ()
    assert shortfalls_said(fleet_of(documents))[-1] == (
        "  no remedy: no change to one field would let it run: Quota q: 0 of 0 units taken, needs 1, and beside that "
        "another limit, or the room on the pools, is too small"
    )


def test_the_plan_shows_what_is_taken() -> None:
    documents = [environment("a", CUT), ANY, deployment("d", "m", replicas=3)]
    documents += [quota("q", {"units": 8, "gpuEquivalents": 2, "memory": "100Gi"})]
    expected = [
        {"quota": "q", "measure": "units", "used": 3, "limit": 8},
        {"quota": "q", "measure": "memory", "used": 29.25, "limit": 100.0},
        {"quota": "q", "measure": "gpuEquivalents", "used": 0.43, "limit": 2.0},
    ]
    assert plan_of(documents)["quotas"] == expected
    outputs = planned_outputs(fleet_of(documents))["quotas"]
    assert list(outputs.values()) == expected
    assert list(outputs) == ["q/units", "q/memory", "q/gpuEquivalents"]
    assert "quotas" not in planned_outputs(fleet_of(documents[:-1]))


def test_facts_of_a_refusal_are_numbers_that_people_count_in() -> None:
    plan = plan_of([environment("a", CUT), ANY, deployment("d", "m"), quota("q", {"memory": "5Gi"})])
    (item,) = each_rejection(plan)
    assert item["facts"] == {"quota": "q", "measure": "memory", "used": 0.0, "limit": 5.0, "needs": 9.75}
