"""Nodes as NVIDIA's components describe them: what `discover` writes of each recorded one, and `verify` says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from slicewise.clusters.verify.verification import compare_clusters
from slicewise.documents import Fleet
from slicewise.planning import Rejections, Remedies, make_plan
from tests.documents import deployment, environment, fleet_of, model, pool, slices
from tests.unit.clusters.recorded.nodes import (
    LAYOUTS,
    OWN,
    RECORDED,
    UNTELLABLE,
    cluster,
    discovered,
    planned_units,
)
from tests.unit.clusters.recorded.truth import is_as_it_should_be, shares, usable_units

NODES = [(name, number) for name in LAYOUTS for number in range(max(1, len(RECORDED[name].labels)))]


def findings(fleet: Fleet, name: str, number: int) -> list[tuple[str, str]]:
    """Return code and severity of what verifying says of the node."""
    result = compare_clusters(fleet, make_plan(fleet), {"prod": cluster(name, number)})
    return [(each.code.value, each.severity.value) for each in result.differences]


def useless_units(name: str) -> bool:
    """Return whether a node offers units, unshared, that no model can be promised, or nothing at all."""
    offered = RECORDED[name].resources
    return not offered or bool(offered.keys() - usable_units(LAYOUTS[name]).keys() and not shares(LAYOUTS[name]))


def thresholds(name: str) -> list[int]:
    """Return the amounts of MiB between which the node's units differ."""
    memories = {units.memory for units in usable_units(LAYOUTS[name]).values()}
    return sorted({1024} | memories | {memory + 1 for memory in memories})


@pytest.mark.parametrize(("name", "number"), [node for node in NODES if node[0] not in UNTELLABLE])
def test_what_is_planned_is_what_can_run(name: str, number: int) -> None:
    fleet, layout = discovered(name, number), LAYOUTS[name]
    most = sum(RECORDED[name].resources.values()) + 1
    for memory in thresholds(name):
        can_run = {r: units.count for r, units in usable_units(layout).items() if units.memory >= memory}
        planned = planned_units(fleet, memory, most) if fleet else Counter()
        assert all(count <= can_run.get(resource, 0) for resource, count in planned.items()), (memory, planned, can_run)
        if is_as_it_should_be(layout):
            assert planned == can_run, memory
    whole = planned_units(fleet, 1024, most, "never") if fleet else Counter()
    assert not [resource for resource in whole if usable_units(layout)[resource].slices]


@pytest.mark.parametrize(("name", "number"), NODES)
def test_what_is_discovered_verifies_unless_the_node_is_wrong(name: str, number: int) -> None:
    fleet = discovered(name, number)
    if fleet is None:
        assert not usable_units(LAYOUTS[name]).keys() & RECORDED[name].resources.keys()
        return
    found = findings(fleet, name, number)
    if shares(LAYOUTS[name]):
        found = [finding for finding in found if finding != ("SW612", "warning")]
    if is_as_it_should_be(LAYOUTS[name]):
        assert found == []
    elif useless_units(name) and name not in UNTELLABLE:
        assert found


@pytest.mark.parametrize(
    "name", [name for name in LAYOUTS if name not in UNTELLABLE and (useless_units(name) or shares(LAYOUTS[name]))]
)
def test_no_remedy_of_a_plan_sells_what_discover_has_reserved(name: str) -> None:
    fleet = discovered(name, 0)
    if fleet is None or usable_units(LAYOUTS[name]).keys() & RECORDED[name].resources.keys():
        return
    asked = fleet_of([model("m", cpu="1", memory="1Gi"), deployment("d", "m")], checked=False)
    full = replace(fleet, models=asked.models, deployments=asked.deployments)
    plan = make_plan(full)
    (shortfall,) = plan.shortfalls
    assert Remedies(full, plan, Rejections(full, plan)).of(shortfall) == ()


WRONG = [node for node in NODES if useless_units(node[0]) and node[0] not in UNTELLABLE]
SLICE = {
    "a100-40gb": "3g.20gb",
    "a100-80gb": "3g.40gb",
    "a30": "2g.12gb",
    "h100-80gb": "3g.40gb",
    "h200": "3g.71gb",
    "rtx-pro-6000": "2g.48gb",
}


def declared_alike(name: str) -> dict[str, object]:
    """Return the fields of a pool that has the GPUs of a layout, of its first board, and little memory."""
    layout = LAYOUTS[name]
    return {
        "acceleratorType": layout.gpus[0].board.removesuffix("-max-q"),
        "acceleratorCount": len(layout.gpus),
        "memoryPerGpu": "4Gi",
        "nodeSelector": OWN,
    }


@pytest.mark.parametrize(("name", "number"), WRONG)
def test_a_wrong_node_is_found_where_whole_gpus_are_declared(name: str, number: int) -> None:
    assert findings(fleet_of([environment("prod", pool("p", **declared_alike(name)))]), name, number)


@pytest.mark.parametrize(("name", "number"), WRONG)
def test_a_wrong_node_is_found_where_slices_are_declared(name: str, number: int) -> None:
    strategy = "mixed" if LAYOUTS[name].strategy == "none" else LAYOUTS[name].strategy
    fields = declared_alike(name)
    declared = slices("p", SLICE[str(fields["acceleratorType"])], strategy=strategy, **fields)
    assert findings(fleet_of([environment("prod", declared)]), name, number)


@pytest.mark.parametrize(("name", "number"), [node for node in NODES if len(RECORDED[node[0]].labels) > 1])
def test_labels_that_change_by_chance_select_nothing(name: str, number: int) -> None:
    fleet = discovered(name, number)
    if fleet is None:
        return
    own = findings(fleet, name, number)
    for other in range(len(RECORDED[name].labels)):
        assert findings(fleet, name, other) == own


@pytest.mark.parametrize("name", sorted(UNTELLABLE))
def test_what_nothing_tells_is_only_gpus_in_mig_mode_under_strategy_none(name: str) -> None:
    layout = LAYOUTS[name]
    assert layout.strategy == "none"
    if RECORDED[name].labels:
        assert {gpu.mig for gpu in layout.gpus} == {True, False}
    else:
        assert "mps" in (layout.sharing or {})
