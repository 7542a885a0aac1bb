"""Parts of objects that are made once for all placements: the objects, and what is told of them, are the same."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given

from slicewise.changes import parts_of_plan, parts_of_service
from slicewise.manifests import MadeOnce, placement_objects
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, plan_of, pool
from tests.unit.planning.strategies import fleets, steady

TWICE = [
    environment("a", pool("whole", nodeCount=2)),
    environment("b", pool("whole", nodeCount=2, allocation="claim")),
    model("chat"),
    deployment("one", "chat", environments=2),
    deployment("two", "chat", environments=2),
]


@pytest.mark.long
@steady
@given(fleets(split=True))
def test_objects_of_shared_parts_are_those_made_one_by_one(documents: list[Document]) -> None:
    fleet = fleet_of(documents)
    plan = make_plan(fleet)
    made = MadeOnce()
    shared = [placement_objects(fleet, each, made) for each in plan.placements]
    assert shared == [placement_objects(fleet, each) for each in plan.placements]


@pytest.mark.long
@steady
@given(fleets(split=True))
def test_parts_of_a_plan_are_those_of_its_services(documents: list[Document]) -> None:
    fleet = fleet_of(documents)
    plan = make_plan(fleet)
    assert parts_of_plan(fleet, plan) == {
        (each.environment, each.deployment): parts_of_service(each.deployment, placement_objects(fleet, each))
        for each in plan.placements
    }


def test_what_is_made_one_by_one_is_nobody_elses() -> None:
    fleet = fleet_of(TWICE)
    plan = make_plan(fleet)
    services = [placement_objects(fleet, each)[0] for each in plan.placements]
    untouched = deepcopy(services[1:])
    _spoil(services[0])
    assert services[1:] == untouched
    assert placement_objects(fleet, plan.placements[0])[0] != services[0]


def test_only_pools_that_differ_have_containers_of_their_own() -> None:
    fleet = fleet_of(TWICE)
    plan = make_plan(fleet)
    made = MadeOnce()
    services = [placement_objects(fleet, each, made)[0] for each in plan.placements]
    containers = {id(each["spec"]["template"]["containers"]) for each in services}
    assert len(plan_of(TWICE)["placements"]) == 4
    # One asks for nvidia.com/gpu, and the other for a claim.
    assert len(containers) == 2
    assert all(made.shares(each["spec"]["template"]["containers"]) for each in services)


def _spoil(value: object) -> None:
    """Change everything that is in an object."""
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _spoil(each)
    if isinstance(value, dict):
        value["spoilt"] = True
    elif isinstance(value, list):
        value.append("spoilt")
