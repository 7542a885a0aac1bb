"""What is declared of one recorded node, and found on another of the same board."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slicewise.clusters.verify.verification import compare_clusters
from slicewise.documents import Fleet
from slicewise.planning import Plan, make_plan
from tests.documents import deployment, fleet_of, model, profile
from tests.unit.clusters.recorded.nodes import LAYOUTS, RECORDED, UNTELLABLE, cluster, discovered
from tests.unit.clusters.recorded.truth import is_as_it_should_be, shares, usable_units


def as_planned(name: str) -> tuple[Fleet, Plan]:
    """Return what is discovered of a node, with models that take all of its units and their memory, and the plan."""
    fleet = discovered(name, 0)
    assert fleet
    there = usable_units(LAYOUTS[name]).values()
    least, most = min(units.memory for units in there), sum(units.count for units in there)
    served = model("m", profile("any", memoryPerGpu=f"{least}Mi", mig="any"), cpu="1", memory="1Gi")
    documents = [served, *(deployment(f"d{i}", "m") for i in range(most))]
    asked = fleet_of(documents, checked=False)
    full = replace(fleet, models=asked.models, deployments=asked.deployments)
    return full, make_plan(full)


def has_less(name: str, than: str) -> bool:
    """Return whether a node lacks units that another has."""
    has, needed = usable_units(LAYOUTS[name]), usable_units(LAYOUTS[than])
    return any(
        resource not in has
        or has[resource].count < units.count
        or has[resource].memory < units.memory
        or has[resource].slices != units.slices
        for resource, units in needed.items()
    )


@pytest.mark.long
@pytest.mark.parametrize("board", sorted({name.split("/")[0] for name in LAYOUTS}))
def test_another_layout_than_the_declared_one_is_an_error_where_the_plan_needs_it(board: str) -> None:
    of_board = [name for name in LAYOUTS if name.split("/")[0] == board and name not in UNTELLABLE]
    wrong = []
    for declared in of_board:
        layout = LAYOUTS[declared]
        if not is_as_it_should_be(layout) or shares(layout):
            continue
        fleet, plan = as_planned(declared)
        for real in of_board:
            there = replace(cluster(real, 0), namespaces=frozenset({"team"}))
            found = {each.severity.value for each in compare_clusters(fleet, plan, {"prod": there}).differences}
            if has_less(real, than=declared) and "error" not in found:
                wrong.append((declared, real, found))
            if RECORDED[real] == RECORDED[declared] and found:
                wrong.append((declared, real, found))
    assert wrong == []
