"""Services under a name that their deployment had: it says how many nodes a replica spans, and is cut to autoscale."""

from __future__ import annotations

import pytest

from slicewise.clusters.status import running_placements
from slicewise.documents import Fleet
from slicewise.planning import Placement, Rejections, make_plan, parse_previous, plan_to_outputs
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile
from tests.unit.clusters.status.applied_fleets import fleet, live, run, status, waits

UP = "`pulumi up` (or your GitOps tool)"
# More than the 43 characters that the name of an autoscaled service may have.
LONG = "chat-of-the-whole-company-in-all-its-languages"
SLICE = model("m", profile("slice", memoryPerGpu="9Gi", mig="only"))
SCALED = {"signal": "Concurrency", "concurrency": {"minReplicas": 1, "maxReplicas": 2, "target": 8}}
FIXED = [SLICE, deployment(LONG, "m", replicas=2)]
AUTOSCALED = [SLICE, deployment(LONG, "m", scaling=SCALED)]
ONE_NODE = [model("m", profile("p", gpusPerNode=8)), deployment("chat", "m")]
TWO_NODES = [model("m", profile("p", nodes=2, gpusPerNode=4)), deployment("chat", "m")]


def large(old: str, *others: str, asked: list[Document]) -> Fleet:
    """Return the same with pools of whole GPUs, whose replicas may span two nodes."""
    east = [
        pool(name, nodeCount=2, multiNodeCapable=True, scheduling=old if name == "old" else "Active")
        for name in ("old", *others)
    ]
    return fleet_of([environment("east", *east), *asked])


def test_what_becomes_autoscaled_waits_until_the_new_service_serves() -> None:
    before = run(fleet("Active", asked=FIXED))
    drained = fleet("Drain", "east/new", asked=AUTOSCALED)
    new = run(drained, serves=False)
    assert before.keys().isdisjoint(new.keys())
    expected = [(f"team/{LONG}", "it to serve on east/new")]
    assert waits(status(drained, {"east": before})) == expected
    assert waits(status(drained, {"east": before | new})) == expected
    assert waits(status(drained, {"east": before | run(drained)})) == [(f"team/{LONG}", f"{UP} to remove it")]


def test_what_spans_more_nodes_waits_until_the_new_service_serves() -> None:
    before = run(large("Active", asked=ONE_NODE))
    drained = large("Drain", "new", asked=TWO_NODES)
    assert [*before, *run(drained)] == [("team", "chat"), ("team", "chat-n2")]
    assert waits(status(drained, {"east": before})) == [("team/chat", "it to serve on east/new")]


@pytest.mark.parametrize("scheduling", ["NoNew", "Drain"])
def test_what_gets_a_new_service_on_its_own_pool_is_removed_without_waiting(scheduling: str) -> None:
    """`pulumi up` waits for what leaves a drained pool, and for everything with waitForReady only."""
    before = run(fleet("Active", asked=FIXED))
    expected = f"{UP} to remove it; with waitForReady, once it serves on east/old"
    assert waits(status(fleet(scheduling, asked=AUTOSCALED), {"east": before})) == [(f"team/{LONG}", expected)]


def test_what_leaves_a_pool_that_is_not_drained_is_removed_without_waiting() -> None:
    grown = fleet("NoNew", "west/new", asked=[SLICE, deployment("chat", "m", replicas=3)])
    before = run(fleet("Active"))
    expected = f"{UP} to remove it; with waitForReady, once it serves on west/new"
    assert waits(status(grown, {"east": before, "west": {}})) == [("team/chat", expected)]
    assert waits(status(grown, {"east": before, "west": run(grown)})) == [("team/chat", f"{UP} to remove it")]


GONE = [model("m", profile("other", memoryPerGpu="9Gi", mig="only")), deployment("chat", "m", replicas=2)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (fleet("Active", asked=FIXED), fleet("NoNew", "aaa/new", asked=AUTOSCALED)),
        (fleet("Active", asked=AUTOSCALED), fleet("NoNew", "aaa/new", asked=FIXED)),
        (fleet("Active", asked=AUTOSCALED), fleet("NoNew", "aaa/new", asked=AUTOSCALED)),
        (fleet("Active", asked=AUTOSCALED), fleet("Active", "aaa/new", asked=FIXED)),
        (fleet("Active"), fleet("Active", "aaa/new", asked=GONE)),
        (fleet("Active"), fleet("NoNew", "aaa/new", asked=GONE)),
        (large("Active", asked=ONE_NODE), large("Active", "aaa", asked=TWO_NODES)),
        (large("Active", asked=ONE_NODE), large("NoNew", "aaa", asked=TWO_NODES)),
        (large("Active", asked=TWO_NODES), large("NoNew", "aaa", asked=ONE_NODE)),
        (large("Active", asked=ONE_NODE), large("Drain", "aaa", asked=TWO_NODES)),
    ],
)
def test_services_of_the_names_before_tell_the_plan_what_the_stacks_outputs_tell(before: Fleet, after: Fleet) -> None:
    """A plan afresh has them in `aaa`, the first of pools that are alike."""
    old = make_plan(before)
    outputs = plan_to_outputs(before, old, Rejections(before, old))
    running = list(running_placements(after, {"east": live(run(before))}))
    assert [*map(_place, make_plan(after, running).placements)] == [
        *map(_place, make_plan(after, parse_previous(outputs["placements"], "outputs")).placements)
    ]


def _place(placement: Placement) -> tuple[str, ...]:
    return (placement.environment, placement.node_pool, placement.profile)


def test_what_is_there_under_both_names_is_expected_where_its_present_name_is() -> None:
    drained = fleet("Active", "aaa/new", asked=AUTOSCALED)
    both = run(fleet("Active", asked=FIXED)) | run(fleet("Active", asked=AUTOSCALED))
    assert len(both) == 2
    assert [each.autoscaled for each in running_placements(drained, {"east": live(both)})] == [True]
