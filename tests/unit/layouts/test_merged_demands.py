"""Fleets of so many deployments that those that the same slices could serve are merged."""

from __future__ import annotations

import pytest

from slicewise.layouts import served_demands, served_replicas
from slicewise.layouts.pool_states import pool_states
from slicewise.planning import make_plan
from tests.documents import deployment, environment, fleet_of
from tests.unit.layouts.seeded_fleets import seeded_fleet
from tests.unit.layouts.test_fleet_layout import SMALL, cut, proposed


@pytest.mark.parametrize("seed", range(1, 9))
def test_where_deployments_are_merged_the_bound_holds_and_as_much_is_served(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = seeded_fleet(seed, 20, load=0.85)
    apart = proposed(fleet)
    monkeypatch.setattr(served_demands, "_MOST_APART", 0)
    merged = proposed(fleet)
    assert served_replicas(apart.proposed) <= merged.bound
    assert apart.bound <= merged.bound
    assert served_replicas(merged.proposed) >= 0.9 * served_replicas(apart.proposed)
    assert served_replicas(make_plan(merged.fleet)) == served_replicas(merged.proposed)


def test_deployments_that_the_same_units_could_serve_are_merged_where_there_are_many() -> None:
    # 5,600 choices: 56 of each of a hundred deployments.
    asked = [deployment(f"d-{number}", "small", replicas=number % 3 + 1) for number in range(100)]
    fleet = fleet_of([environment("east", *(cut(f"p-{number}") for number in range(28))), SMALL, *asked])
    states = pool_states(fleet, ())
    (merged,) = served_demands.program_demands(served_demands.unplaced_demands(fleet, states, ()))
    assert (merged.replicas, merged.merged, len(merged.units)) == (199, 199, 56)
