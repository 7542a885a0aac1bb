"""What holds for every fleet: plans are sound and true, depend on no order, and leave alone what runs."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from slicewise.documents import load_fleet
from tests.documents import Document, fleet_and_plan, plan_of, planned, planned_after
from tests.unit.planning import retention
from tests.unit.planning.checker import findings
from tests.unit.planning.scheduled_plans import assert_every_pod_finds_a_node
from tests.unit.planning.strategies import deployments, fleets, scalings, steady

pytestmark = pytest.mark.long

_INDEX = re.compile(r"nodePools\[\d+\]")


@steady
@given(fleets())
def test_a_plan_is_sound_true_and_complete(documents: list[Document]) -> None:
    assert findings(*fleet_and_plan(documents)) == []


@steady
@given(fleets())
def test_every_pod_of_a_plan_finds_a_node_whatever_the_scheduler_does(documents: list[Document]) -> None:
    assert_every_pod_finds_a_node(*fleet_and_plan(documents))


@steady
@given(fleets(), st.randoms(use_true_random=False))
def test_the_order_of_documents_and_pools_changes_no_byte(documents: list[Document], random: Random) -> None:
    shuffled = deepcopy(documents)
    random.shuffle(shuffled)
    one = plan_of(documents)
    assert json.dumps(plan_of(shuffled)) == json.dumps(one)
    for document in shuffled:
        if document["kind"] == "InferenceEnvironment":
            random.shuffle(document["spec"]["nodePools"])
    other = plan_of(shuffled)
    # A warning's path is the field, and that has another index now.
    warnings = [sorted(_INDEX.sub("", json.dumps(item)) for item in plan.pop("warnings")) for plan in (one, other)]
    assert json.dumps(one) == json.dumps(other)
    assert warnings[0] == warnings[1]


@steady
@given(fleets())
def test_what_the_loader_reads_in_any_order_gives_the_same_bytes(documents: list[Document]) -> None:
    with TemporaryDirectory() as directory:
        first, second = Path(directory, "a.yaml"), Path(directory, "b.yaml")
        # JSON is YAML; one document a part.
        first.write_text("\n---\n".join(map(json.dumps, documents[::2])))
        second.write_text("\n---\n".join(map(json.dumps, documents[1::2])))
        as_written = load_fleet([str(first), str(second)])
        second.write_text("\n---\n".join(map(json.dumps, reversed(documents[::2]))))
        first.write_text("\n---\n".join(map(json.dumps, reversed(documents[1::2]))))
        reversed_ = load_fleet([directory])
    plan = planned(as_written)
    assert json.dumps(plan) == json.dumps(planned(reversed_))
    assert findings(as_written, plan) == []


@steady
@given(fleets(), st.randoms(use_true_random=False))
def test_planning_again_changes_nothing(documents: list[Document], random: Random) -> None:
    fleet, first = fleet_and_plan(documents)
    again = {**deepcopy(first), "placements": [{**item, "retained": True} for item in first["placements"]]}
    assert planned_after(fleet, first) == again
    random.shuffle(first["placements"])
    assert planned_after(fleet, first) == again


@steady
@given(fleets(), st.data())
def test_a_new_deployment_moves_nothing(documents: list[Document], data: st.DataObject) -> None:
    before = plan_of(documents)
    new = data.draw(deployments("new", _models(documents)))
    new["spec"]["priority"] = 100
    fleet, after = fleet_and_plan([*documents, new], before)
    assert _without(after, "new") == _places(before)
    assert findings(fleet, after) == []


@steady
@given(fleets(), st.data())
def test_the_growth_of_one_deployment_moves_no_other(documents: list[Document], data: st.DataObject) -> None:
    before = plan_of(documents)
    changed = deepcopy(documents)
    one = data.draw(st.sampled_from([item for item in changed if item["kind"] == "ModelDeployment"]))
    one["spec"]["scaling"] = data.draw(scalings())
    one["spec"]["environments"] = data.draw(st.integers(1, 4))
    one["spec"]["priority"] = 100
    fleet, after = fleet_and_plan(changed, before)
    name = one["metadata"]["name"]
    # What it leaves when it goes elsewhere may serve others: they may gain, and never lose.
    assert _without(before, name) <= _without(after, name)
    assert findings(fleet, after) == []


@steady
@given(fleets(), st.data())
def test_other_pods_for_one_deployment_move_no_other(documents: list[Document], data: st.DataObject) -> None:
    before = plan_of(documents)
    changed = deepcopy(documents)
    one = data.draw(st.sampled_from([item for item in changed if item["kind"] == "ModelDeployment"]))
    # A model of its own, so that no other deployment changes with it.
    name = one["spec"]["modelRef"]["name"]
    copy = deepcopy(next(item for item in changed if item["metadata"]["name"] == name))
    copy["metadata"]["name"] = one["spec"]["modelRef"]["name"] = "own"
    for profile in copy["spec"]["serving"]:
        profile["replicaTopology"]["gpusPerNode"] = data.draw(st.sampled_from([1, 2, 4]))
    one["spec"]["priority"] = 100
    fleet, after = fleet_and_plan([*changed, copy], before)
    assert _without(before, one["metadata"]["name"]) <= _without(after, one["metadata"]["name"])
    assert findings(fleet, after) == []


@steady
@given(fleets(), st.data())
def test_removing_one_deployment_moves_no_other(documents: list[Document], data: st.DataObject) -> None:
    before = plan_of(documents)
    gone = data.draw(st.sampled_from([item for item in documents if item["kind"] == "ModelDeployment"]))
    left = [item for item in documents if item is not gone]
    fleet, after = fleet_and_plan(left, before)
    assert _without(before, gone["metadata"]["name"]) <= _places(after)
    assert findings(fleet, after) == []


@steady
@given(fleets(), st.data())
def test_what_must_go_goes_by_priority_then_name(documents: list[Document], data: st.DataObject) -> None:
    before = plan_of(documents)
    assume(len(before["placements"]) > 0)
    changed = deepcopy(documents)
    for document in changed:
        if document["kind"] == "InferenceEnvironment":
            for pool in document["spec"]["nodePools"]:
                pool["nodeCount"] = data.draw(st.integers(0, pool["nodeCount"]))
                pool.pop("maxNodeCount", None)
                pool["reservedUnits"] += data.draw(st.sampled_from([0, 0, 1, 4]))
        if document["kind"] == "ModelDeployment":
            document["spec"]["priority"] = data.draw(st.sampled_from([0, 0, 5]))
            document["spec"]["environments"] = data.draw(st.integers(1, document["spec"]["environments"]))
            if data.draw(st.integers(0, 4)) == 0:
                document["spec"]["scaling"] = data.draw(scalings())
    fleet, after = fleet_and_plan(changed, before)
    kept = [item for item in after["placements"] if item["retained"]]
    assert _places({"placements": kept}) == retention.kept(fleet, before)
    assert findings(fleet, after) == []


@steady
@given(fleets(), st.data())
def test_a_lower_priority_takes_nothing_from_a_higher(documents: list[Document], data: st.DataObject) -> None:
    low = data.draw(deployments("low", _models(documents)))
    low["spec"]["priority"] = -100
    assert _without(plan_of([*documents, low]), "low") == _places(plan_of(documents))


@steady
@given(fleets(), st.data())
def test_what_an_earlier_plan_says_of_things_that_are_gone_does_no_harm(
    documents: list[Document], data: st.DataObject
) -> None:
    fleet, plan = fleet_and_plan(documents)
    stale = []
    for item in plan["placements"]:
        field = data.draw(st.sampled_from(["deployment", "environment"]))
        gone = {"namespace": "gone", "name": "gone"} if field == "deployment" else "gone"
        stale.append({**item, field: gone})
    assert _but_moved(planned_after(fleet, {"placements": stale})) == _but_moved(plan)
    both = data.draw(st.permutations([*plan["placements"], *stale]))
    assert _but_moved(planned_after(fleet, {"placements": both})) == _but_moved(planned_after(fleet, plan))


@steady
@given(fleets(), st.data())
def test_a_pool_or_profile_that_is_gone_breaks_no_rule(documents: list[Document], data: st.DataObject) -> None:
    fleet, before = fleet_and_plan(documents)
    previous = [{**item, data.draw(st.sampled_from(["nodePool", "profile"])): "gone"} for item in before["placements"]]
    after = planned_after(fleet, {"placements": previous})
    assert findings(fleet, after) == []
    assert not any(item["retained"] for item in after["placements"])
    assert len(after["moved"]) == len(previous)


@steady
@given(fleets(), st.data())
def test_an_earlier_plan_of_another_fleet_does_no_harm(documents: list[Document], data: st.DataObject) -> None:
    other = data.draw(fleets())
    fleet, plan = fleet_and_plan(documents, plan_of(other))
    assert findings(fleet, plan) == []
    assert planned_after(fleet, plan)["placements"] == [{**item, "retained": True} for item in plan["placements"]]


def _but_moved(plan: Document) -> Document:
    return {key: value for key, value in plan.items() if key != "moved"}


def _models(documents: list[Document]) -> tuple[str, ...]:
    return tuple(item["metadata"]["name"] for item in documents if item["kind"] == "ClusterModel")


def _places(plan: Document) -> set[tuple[str, str, str, str]]:
    return {
        (item["deployment"]["name"], item["environment"], item["nodePool"], item["profile"])
        for item in plan["placements"]
    }


def _without(plan: Document, name: str) -> set[tuple[str, str, str, str]]:
    return {place for place in _places(plan) if place[0] != name}
