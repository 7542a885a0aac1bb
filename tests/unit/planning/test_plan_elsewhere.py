"""A plan that is read back and taken as it is: the same placements, and the same pools, as were planned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slicewise.documents import DeploymentKey, Fleet
from slicewise.planning import Placement, PreviousPlacement, decided_plan, lacking, make_plan, parse_previous
from tests.documents import deployment, environment, fleet_of, model, planned_outputs, pool, profile, slices
from tests.unit.planning.mixed_fleets import mixed_fleet


def read_back(fleet: Fleet) -> tuple[PreviousPlacement, ...]:
    return parse_previous(planned_outputs(fleet)["placements"], "the outputs")


def retained(placement: Placement) -> Placement:
    prefill = placement.prefill
    return placement._replace(retained=True, prefill=prefill and prefill._replace(retained=True))


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_plan_that_was_read(seed: int) -> None:
    fleet = fleet_of(mixed_fleet(seed))
    planned, decided = make_plan(fleet), decided_plan(fleet, read_back(fleet))

    assert list(map(retained, planned.placements)) == list(decided.placements)
    assert decided.placements
    assert decided.node_pools == planned.node_pools


def test_nothing_is_planned_anew() -> None:
    """`chat` would fit on a slice, and runs on a whole GPU."""
    fleet = fleet_of(
        [environment("a", slices("cut", "3g.40gb"), pool("whole")), model("m", profile("p")), deployment("chat", "m")]
    )
    (chosen,) = read_back(fleet)
    assert chosen.node_pool == "cut"
    moved = replace(chosen, node_pool="whole", resource="nvidia.com/gpu")

    (placement,) = decided_plan(fleet, [moved]).placements

    assert (placement.node_pool, placement.resource) == ("whole", "nvidia.com/gpu")


def test_what_a_drained_pool_has_stays_and_pools_say_what_comes_to_them() -> None:
    """The plan's stack drains; a stack that applies its plan moves nothing by itself."""
    pools = [slices("cut", "3g.40gb"), slices("other", "3g.40gb")]
    rest = [model("m", profile("p")), deployment("chat", "m")]
    (chosen,) = read_back(fleet_of([environment("a", *pools), *rest]))
    drained = fleet_of([environment("a", {**pools[0], "scheduling": "Drain"}, pools[1]), *rest])

    decided = decided_plan(drained, [chosen])

    assert [each.node_pool for each in decided.placements] == [chosen.node_pool] == ["cut"]
    assert [each.scheduling for each in decided.node_pools] == ["Drain", "Active"]


PLACED = PreviousPlacement(DeploymentKey("team", "chat"), "a", "cut", "p", 1, 1, resource="nvidia.com/mig-3g.40gb")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, None),
        ({"key": DeploymentKey("team", "other")}, "no deployment team/other"),
        ({"profile": "q"}, "no serving profile q of its model"),
        ({"node_pool": "whole"}, "no nvidia.com/mig-3g.40gb on a/whole"),
        ({"environment": "b"}, "no nvidia.com/mig-3g.40gb on b/cut"),
        ({"resource": "nvidia.com/mig-1g.10gb"}, "no nvidia.com/mig-1g.10gb on a/cut"),
    ],
)
def test_what_the_documents_do_not_have_is_said(change: dict[str, object], words: str | None) -> None:
    fleet = fleet_of([environment("a", slices("cut", "3g.40gb")), model("m", profile("p")), deployment("chat", "m")])
    assert lacking(fleet, replace(PLACED, **change)) == words  # type: ignore[arg-type] # a field of any type
