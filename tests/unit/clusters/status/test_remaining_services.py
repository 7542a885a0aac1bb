"""What still runs on pools that take nothing new, and what it waits for before it leaves."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from rich.console import Console

from slicewise.cli.status_screen import print_status, status_to_dict
from slicewise.clusters.readiness import Observed
from tests.documents import deployment, environment, slices
from tests.unit.clusters.status.applied_fleets import THEIRS, fleet, run, status, waits

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
        (None, "it to serve on west/new (not known: its cluster could not be read)"),
    ],
)
def test_what_leaves_for_another_cluster_waits_until_it_serves_there(
    west: Mapping[tuple[str, str], Observed] | None, expected: str
) -> None:
    there = {"east": ON_OLD} if west is None else {"east": ON_OLD, "west": west}
    assert waits(status(fleet("Drain", "west/new"), there)) == [("team/chat", expected)]


def test_an_environment_that_is_not_looked_at_is_not_one_that_does_not_serve() -> None:
    drained = fleet("Drain", "west/new")
    found = status(drained, {"east": ON_OLD}, chosen=["east"])
    assert waits(found) == [("team/chat", "it to serve on west/new (not looked at)")]


def test_what_is_not_there_may_run_where_nobody_looked(capsys: pytest.CaptureFixture[str]) -> None:
    """A plan without what runs in other environments may have it here."""
    of = fleet("Active", "west/new")
    found = status(of, {"east": {}}, chosen=["east"])
    print_status(Console(width=1000), found)
    assert capsys.readouterr().out.splitlines()[-5:-2] == [
        "team/chat in east:",
        "  its cluster has no such LLMInferenceService",
        (
            "  it may run in west, of which nothing was read: --previous, with the outputs of the stack that plans, "
            "tells. If it does not, `pulumi up` (or your GitOps tool) makes it"
        ),
    ]
    for known in (status(of, {"east": {}, "west": {}}), status(of, {"east": ON_OLD}, chosen=["east"])):
        assert [each.reasons for each, _ in known.services] == [()]


def test_what_has_no_place_may_run_where_nobody_looked(capsys: pytest.CaptureFixture[str]) -> None:
    """On a pool that takes nothing new, for example: only what is read there says that it is kept."""
    of = fleet("NoNew", beside=[environment("west", slices("full", "1g.10gb", reservedUnits=56))])
    print_status(Console(width=1000), status(of, {"west": {}}, chosen=["west"]))
    assert capsys.readouterr().out.splitlines()[0] == (
        "team/chat: 0 of 1 environments [SW501]: it may run in east, of which nothing was read: --previous, with the "
        "outputs of the stack that plans, tells"
    )
    print_status(Console(width=1000), status(of, {"west": {}, "east": {}}))
    assert "team/chat: 0 of 1 environments [SW501]" in capsys.readouterr().out.splitlines()


def test_what_is_not_in_the_documents_is_there_too() -> None:
    beside = [deployment("code", "m")]
    there = {"east": run(fleet("Active", beside=beside))}
    assert waits(status(fleet("NoNew"), there)) == [
        ("team/chat", ""),
        ("team/code", "`pulumi up` (or your GitOps tool) to remove it"),
    ]
    others = run(fleet("Active", beside=beside), stack=THEIRS)
    del others["team", "chat"]
    assert waits(status(fleet("NoNew"), {"east": {**ON_OLD, **others}})) == [
        ("team/chat", ""),
        ("team/code", f"stack {THEIRS}, whose it is"),
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
