"""What still runs on pools that take nothing new, and what it waits for before it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from slicewise.cli.status import fleet_status
from slicewise.cli.status_screen import FleetStatus, print_status, status_to_dict
from slicewise.clusters.readiness import Observed, ObservedServices
from slicewise.clusters.status import running_placements
from slicewise.documents import Fleet
from slicewise.manifests import REVISION_ANNOTATION, STACK_ANNOTATION, placement_objects
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices
from tests.unit.clusters.readiness_pods import applied, pod

CHAT = [model("m", profile("slice", memoryPerGpu="9Gi", mig="only")), deployment("chat", "m", replicas=2)]
STACK = "organization/slicewise/prod"
Services = Mapping[str, ObservedServices]


def fleet(old: str, *others: str, beside: Iterable[Document] = ()) -> Fleet:
    """Return a fleet whose pool `east/old` has a `scheduling`; `others` are pools that are Active."""
    pools = {"east/old": {**slices("old", "1g.10gb"), "scheduling": old}}
    pools |= {name: slices(name.partition("/")[2], "1g.10gb") for name in others}
    sites: dict[str, list[Document]] = {}
    for name, each in pools.items():
        sites.setdefault(name.partition("/")[0], []).append(each)
    return fleet_of([*(environment(name, *each) for name, each in sites.items()), *CHAT, *beside])


def run(of: Fleet, *, serves: bool = True, stack: str = STACK, **fields: Any) -> dict[tuple[str, str], Observed]:  # noqa: ANN401 - fields of metadata
    """Return what a cluster has when the plan of `of` has been applied there."""
    found = {}
    for placement in make_plan(of).placements:
        (service, *_) = placement_objects(of, placement)
        metadata = service["metadata"]
        metadata = {**metadata, "annotations": {**metadata["annotations"], STACK_ANNOTATION: stack}, **fields}
        revision = service["spec"]["annotations"][REVISION_ANNOTATION]
        there = applied(service, [pod(revision)] * (placement.replicas if serves else 0))
        found[metadata["namespace"], metadata["name"]] = replace(there, service={**service, "metadata": metadata})
    return found


def status(
    of: Fleet, there: Mapping[str, Mapping[tuple[str, str], Observed]], *, stack: str | None = None
) -> FleetStatus:
    """Return what `slicewise status` shows; an environment that `there` has not could not be read."""
    read = {name: ObservedServices(each) for name, each in there.items()}
    running = [each for name, found in read.items() for each in running_placements(of, name, found.services)]
    return fleet_status(of, make_plan(of, running), sorted(of.environment), read, stack)


def waits(found: FleetStatus) -> list[tuple[str, str]]:
    """Return what is still on the one pool that takes nothing new, and what each waits for."""
    (closed,) = found.closed
    assert (closed.environment, closed.node_pool) == ("east", "old")
    return [(str(each.deployment or "/".join(each.key)), each.waits_for) for each in closed.services or ()]


ON_OLD = run(fleet("Active"))


def test_what_nothing_else_takes_waits_for_room() -> None:
    room = "room on another pool; `slicewise explain team/chat PATH…` shows what each lacks"
    assert waits(status(fleet("Drain"), {"east": ON_OLD})) == [("team/chat", room)]


def test_where_nothing_new_comes_what_is_there_stays() -> None:
    assert waits(status(fleet("NoNew", "east/new"), {"east": ON_OLD})) == [("team/chat", "")]


def test_what_another_pool_takes_waits_for_up() -> None:
    moves = "`pulumi up` (or your GitOps tool) to move it to new"
    drained = fleet("Drain", "east/new")
    assert waits(status(drained, {"east": ON_OLD})) == [("team/chat", moves)]
    assert waits(status(drained, {"east": run(drained)})) == []


@pytest.mark.parametrize(
    ("west", "expected"),
    [
        ({}, "it to serve on west/new"),
        (run(fleet("Drain", "west/new"), serves=False), "it to serve on west/new"),
        (run(fleet("Drain", "west/new")), "`pulumi up` (or your GitOps tool) to remove it"),
        (None, "it to serve on west/new"),
    ],
)
def test_what_leaves_for_another_cluster_waits_until_it_serves_there(
    west: Mapping[tuple[str, str], Observed] | None, expected: str
) -> None:
    there = {"east": ON_OLD} if west is None else {"east": ON_OLD, "west": west}
    assert waits(status(fleet("Drain", "west/new"), there)) == [("team/chat", expected)]


def test_what_is_not_in_the_documents_is_there_too() -> None:
    beside = [deployment("code", "m")]
    there = {"east": run(fleet("Active", beside=beside))}
    assert waits(status(fleet("NoNew"), there)) == [
        ("team/chat", ""),
        ("team/code", "`pulumi up` (or your GitOps tool) to remove it"),
    ]
    others = run(fleet("Active", beside=beside), stack="organization/slicewise/other")
    del others["team", "chat"]
    assert waits(status(fleet("NoNew"), {"east": {**ON_OLD, **others}})) == [
        ("team/chat", ""),
        ("team/code", "stack organization/slicewise/other, whose it is"),
    ]
    by_hand = Observed({"metadata": {"namespace": "team", "name": "code"}, "spec": {}}, None, [])
    assert waits(status(fleet("NoNew"), {"east": {("team", "code"): by_hand}})) == []


def test_what_is_being_deleted_waits_for_its_end() -> None:
    going = run(fleet("Active"), deletionTimestamp="2026-01-01T00:00:00Z")
    expected = [("team/chat", "the end of its deletion, which has begun")]
    assert waits(status(fleet("Drain", "west/new"), {"east": going, "west": {}})) == expected


def test_a_fleet_without_such_pools_says_nothing_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    found = status(fleet("Active", "east/new"), {"east": ON_OLD})
    assert found.closed == ()
    print_status(Console(width=200), found)
    assert "takes nothing new" not in capsys.readouterr().out


def test_it_is_a_table_of_its_own_and_a_list_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    drained = fleet("Drain", "east/new")
    print_status(Console(width=200), status(drained, {"east": ON_OLD}))
    said = capsys.readouterr().out
    table = said.partition("Node pools that take nothing new")[2].splitlines()
    assert [each for each in table if "old" in each] == [
        "  east          old         Drain        team/chat     `pulumi up` (or your GitOps tool) to move it to new",
    ]
    print_status(Console(width=200), status(drained, {"east": run(drained)}))
    assert "  east          old         Drain        nothing" in capsys.readouterr().out
    print_status(Console(width=200), status(drained, {}))
    assert "  east          old         Drain        not known" in capsys.readouterr().out
    pools = {"environment": "east", "nodePool": "old", "scheduling": "Drain"}
    chat = {
        "namespace": "team",
        "service": "chat",
        "deployment": {"namespace": "team", "name": "chat"},
        "waitsFor": "`pulumi up` (or your GitOps tool) to move it to new",
    }
    found = [status_to_dict(status(drained, each), {})["closedNodePools"] for each in ({"east": ON_OLD}, {})]
    assert found == [[{**pools, "services": [chat]}], [{**pools, "services": None}]]
