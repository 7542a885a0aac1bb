"""What holds for every fleet with prefill workloads: both or none, charged where they are, and refused truly."""

from __future__ import annotations

from copy import deepcopy
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicewise.documents import Fleet
from tests.documents import Document, fleet_and_plan, fleet_of, plan_of, planned_after, planned_outputs
from tests.unit.planning.capacity_rule import promised
from tests.unit.planning.checker import findings
from tests.unit.planning.matching_rule import static_codes
from tests.unit.planning.scheduled_plans import assert_every_pod_finds_a_node
from tests.unit.planning.sizes_by_documents import node_of, nodes_of, pods_of, prefill_pods_of, prefill_profile
from tests.unit.planning.strategies import deployments, fleets, steady

pytestmark = pytest.mark.long


@steady
@given(fleets(split=True))
def test_a_plan_is_sound_true_and_complete(documents: list[Document]) -> None:
    assert findings(*fleet_and_plan(documents)) == []


@steady
@given(fleets(split=True))
def test_every_pod_finds_a_node_whatever_the_scheduler_does(documents: list[Document]) -> None:
    assert_every_pod_finds_a_node(*fleet_and_plan(documents))


def nulls(value: object, path: str = "") -> list[str]:
    """Where there is nothing in JSON data."""
    if isinstance(value, dict):
        return [found for key, each in value.items() for found in nulls(each, f"{path}.{key}")]
    if isinstance(value, list):
        return [found for each in value for found in nulls(each, f"{path}[]")]
    return [path] if value is None else []


@steady
@given(fleets(split=True))
def test_outputs_have_no_nulls(documents: list[Document]) -> None:
    """Pulumi 3.259 drops them from a state that is read back, so a skipped environment's outputs would change."""
    assert nulls(planned_outputs(fleet_of(documents))) == []


@steady
@given(fleets(split=True))
def test_planning_again_changes_nothing(documents: list[Document]) -> None:
    fleet, first = fleet_and_plan(documents)
    again = {**deepcopy(first), "placements": [{**item, "retained": True} for item in first["placements"]]}
    assert planned_after(fleet, first) == again


@steady
@given(fleets(split=True), st.data())
def test_a_new_deployment_moves_nothing(documents: list[Document], data: st.DataObject) -> None:
    before = plan_of(documents)
    names = [item["metadata"]["name"] for item in documents if item["kind"] == "ClusterModel"]
    new = data.draw(deployments("new", tuple(names)))
    new["spec"]["priority"], new["spec"]["scaling"] = 100, {"fixed": {"replicas": 2}}
    fleet, after = fleet_and_plan([*documents, new], before)
    assert _places(after, "new") == _places(before, "")
    assert findings(fleet, after) == []


@steady
@given(fleets(split=True), st.data())
def test_a_pool_that_shrinks_moves_no_more_than_it_must(documents: list[Document], data: st.DataObject) -> None:
    before = plan_of(documents)
    changed = deepcopy(documents)
    environment = data.draw(st.sampled_from([item for item in changed if item["kind"] == "InferenceEnvironment"]))
    pool = data.draw(st.sampled_from(environment["spec"]["nodePools"]))
    pool["nodeCount"] = 1
    pool.pop("maxNodeCount", None)
    fleet, after = fleet_and_plan(changed, before)
    assert findings(fleet, after) == []
    touched = (environment["metadata"]["name"], pool["name"])
    kept = {(key, place) for key, place in _places(after, "")}
    for key, place in _places(before, ""):
        if touched not in ((place[0], place[1]), (place[0], place[3])):
            assert (key, place) in kept


@steady
@given(fleets(split=True))
def test_one_deployment_alone_is_refused_only_where_no_pair_of_pools_takes_it(documents: list[Document]) -> None:
    """By trying every pool with every other, for the first deployment as the only one."""
    first = next(item for item in documents if item["kind"] == "ModelDeployment")
    alone = [item for item in documents if item["kind"] != "ModelDeployment"] + [first]
    fleet = fleet_of(alone)
    placed = {item["environment"] for item in plan_of(alone)["placements"]}
    possible = {name for name in fleet.environment if _possible(fleet, name)}
    assert placed <= possible
    assert len(placed) == min(len(possible), first["spec"]["environments"])


def _possible(fleet: Fleet, name: str) -> bool:
    (deployment,), environment = fleet.deployments, fleet.environment[name]
    model = fleet.model_of(deployment)
    pools_there = environment.spec.node_pools
    for profile, (own, other) in product(model.serving, product(pools_there, pools_there)):
        if static_codes(deployment, profile, environment, own):
            continue
        pods = {own.name: pods_of(deployment, model, profile, own)}
        if profile.prefill:
            if static_codes(deployment, prefill_profile(profile), environment, other):
                continue
            asked = prefill_pods_of(deployment, model, profile, other)
            pods[other.name] = [*pods.get(other.name, []), *asked]
        pools = {pool.name: pool for pool in (own, other)}
        if all(
            not asked or promised(nodes_of(pools[pool]), node_of(pools[pool]), asked, pools[pool].reserved_units)
            for pool, asked in pods.items()
        ):
            return True
    return False


def _places(plan: Document, but: str) -> list[tuple[tuple[str, str], tuple[str, str, str, str]]]:
    return [
        (
            (item["deployment"]["name"], item["environment"]),
            (item["environment"], item["nodePool"], item["profile"], item.get("prefill", {}).get("nodePool", "")),
        )
        for item in plan["placements"]
        if item["deployment"]["name"] != but
    ]
