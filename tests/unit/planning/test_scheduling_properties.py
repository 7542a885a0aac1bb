"""What holds for every fleet in which pools are paused or drained: nothing new comes, and nothing is lost."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents import Document, fleet_and_plan, plan_of
from tests.unit.planning.checker import findings
from tests.unit.planning.strategies import deployments, fleets, scalings, steady

pytestmark = pytest.mark.long


def _scheduled(documents: list[Document], data: st.DataObject, *choices: str) -> list[Document]:
    """Return the documents with a scheduling drawn for some pools and environments."""
    changed = deepcopy(documents)
    for document in changed:
        if document["kind"] == "InferenceEnvironment":
            for target in (document["spec"], *document["spec"]["nodePools"]):
                drawn = data.draw(st.sampled_from(["Active", "Active", *choices]))
                if drawn != "Active":
                    target["scheduling"] = drawn
    return changed


def _served(plan: Document) -> set[tuple[str, ...]]:
    return {(*item["deployment"].values(), item["environment"]) for item in plan["placements"]}


def _numbers(plan: Document) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in plan["placements"]:
        found[str(item["deployment"])] = found.get(str(item["deployment"]), 0) + 1
    return found


@steady
@given(st.booleans().flatmap(lambda split: fleets(split=split)), st.data())
def test_pools_that_pause_keep_all_and_take_nothing(documents: list[Document], data: st.DataObject) -> None:
    before = plan_of(documents)
    changed = _scheduled(documents, data, "NoNew")
    fleet, after = fleet_and_plan(changed, before)
    assert after["moved"] == []
    assert _served(before) <= _served(after)
    assert findings(fleet, after, before) == []


@steady
@given(st.booleans().flatmap(lambda split: fleets(split=split)), st.data())
def test_pools_that_are_drained_lose_nothing_and_keep_only_what_fits_nowhere_else(
    documents: list[Document], data: st.DataObject
) -> None:
    before = plan_of(documents)
    changed = _scheduled(documents, data, "NoNew", "Drain")
    fleet, after = fleet_and_plan(changed, before)
    assert all(count <= _numbers(after)[key] for key, count in _numbers(before).items())
    assert {move["code"] for move in after["moved"]} <= {"drained"}
    assert all(move["to"] for move in after["moved"])
    assert findings(fleet, after, before) == []
    # And it has come to rest.
    again = plan_of(changed, after)
    assert {**again, "moved": []} == {
        **after,
        "moved": [],
        "placements": [{**item, "retained": True} for item in after["placements"]],
    }


@steady
@given(fleets(), st.data())
def test_what_is_new_comes_beside_a_drain_and_takes_nothing_from_what_runs(
    documents: list[Document], data: st.DataObject
) -> None:
    before = plan_of(documents)
    changed = _scheduled(documents, data, "NoNew", "Drain")
    models = [item["metadata"]["name"] for item in documents if item["kind"] == "ClusterModel"]
    new = data.draw(deployments("new", tuple(models)))
    new["spec"]["priority"] = data.draw(st.sampled_from([-100, 0, 100]))
    fleet, after = fleet_and_plan([*changed, new], before)
    assert all(count <= _numbers(after)[key] for key, count in _numbers(before).items())
    assert findings(fleet, after, before) == []


@steady
@given(fleets(), st.data())
def test_what_grows_breaks_no_rule_where_nothing_new_comes(documents: list[Document], data: st.DataObject) -> None:
    before = plan_of(documents)
    changed = _scheduled(documents, data, "NoNew", "Drain")
    one = data.draw(st.sampled_from([item for item in changed if item["kind"] == "ModelDeployment"]))
    one["spec"]["scaling"] = data.draw(scalings())
    fleet, after = fleet_and_plan(changed, before)
    name = str({"namespace": one["metadata"]["namespace"], "name": one["metadata"]["name"]})
    assert all(count <= _numbers(after)[key] for key, count in _numbers(before).items() if key != name)
    assert findings(fleet, after, before) == []
