"""Services that have the names of the documents' own, and belong to another stack, or to nobody."""

from __future__ import annotations

import pytest
from rich.console import Console

from slicewise.cli.status_screen import print_status
from slicewise.clusters.status import ServiceState
from tests.documents import deployment
from tests.unit.clusters.status.applied_fleets import CHAT, STACK, THEIRS, fleet, run, status, waits

ON_OLD = fleet("Active")
DRAINED = fleet("Drain", "west/new")
WAITS_FOR_THEIRS = [("team/chat", f"stack {THEIRS}, whose it is")]
UP = "`pulumi up` (or your GitOps tool)"


@pytest.mark.parametrize("serves", [True, False])
def test_a_service_of_another_stack_on_such_a_pool_waits_for_that_stack(*, serves: bool) -> None:
    there = {"east": run(ON_OLD, stack=THEIRS), "west": run(DRAINED, serves=serves)}
    assert waits(status(DRAINED, there)) == WAITS_FOR_THEIRS
    assert waits(status(DRAINED, there, stacks=[STACK])) == WAITS_FOR_THEIRS


@pytest.mark.parametrize("scheduling", ["Drain", "NoNew"])
def test_one_where_the_plan_has_its_own_does_so_too(scheduling: str) -> None:
    there = {"east": run(ON_OLD, stack=THEIRS)}
    for of in (fleet(scheduling), fleet(scheduling, "east/new")):
        assert waits(status(of, there, stacks=[STACK])) == WAITS_FOR_THEIRS


def test_a_service_that_no_stack_has_made_waits_for_whoever_did() -> None:
    there = {"east": run(ON_OLD, stack=None), "west": run(DRAINED)}
    expected = [("team/chat", "whoever applied it: no stack has")]
    assert waits(status(DRAINED, there, stacks=[STACK])) == expected
    # What `render` writes names no stack, and the documents' own are so.
    rendered = {"east": run(ON_OLD, stack=None), "west": run(DRAINED, stack=None)}
    assert waits(status(DRAINED, rendered)) == [("team/chat", f"{UP} to remove it")]


def test_several_stacks_may_apply_the_documents() -> None:
    """As with a plan stack and an apply stack for each environment."""
    there = {"east": run(ON_OLD, stack="o/p/east"), "west": run(DRAINED, stack="o/p/west")}
    assert waits(status(DRAINED, there, stacks=["o/p/west", "o/p/east"])) == [("team/chat", f"{UP} to remove it")]
    # Without --stack it is not known whether that one applies these documents, too.
    assert waits(status(DRAINED, there)) == [("team/chat", "stack o/p/east, whose it is")]


def test_where_nothing_of_the_plan_is_there_its_names_tell_which_stack_is_its_own() -> None:
    both = {"east": run(ON_OLD, stack="o/p/east"), "west": {}}
    assert waits(status(DRAINED, both)) == [("team/chat", "it to serve on west/new")]
    beside = [deployment("code", "m")]
    several = {**run(fleet("Active", beside=beside)), **run(ON_OLD, stack=THEIRS)}
    drained = fleet("Drain", "west/new", beside=beside)
    assert waits(status(drained, {"east": several, "west": {}})) == [
        ("team/chat", f"stack {THEIRS}, whose it is"),
        ("team/code", f"stack {STACK}, whose it is"),
    ]


def test_a_planned_service_of_another_stack_does_not_serve_these_documents() -> None:
    of = fleet("Active")
    (found,) = status(of, {"east": run(of, stack=THEIRS)}, stacks=[STACK]).services
    assert (found[0].state, found[0].well) == (ServiceState.FOREIGN, False)
    assert found[0].reasons == (f"it belongs to stack {THEIRS}: `pulumi up` refuses it (SW420)",)
    (found,) = status(of, {"east": run(of, stack=None)}, stacks=[STACK]).services
    assert found[0].reasons == ("no stack has made it: `pulumi up` refuses it (SW421)",)
    # Of what names no stack nothing is said where none is given: it was rendered.
    (found,) = status(of, {"east": run(of, stack=None)}).services
    assert (found[0].state, found[0].well) == (ServiceState.SERVING, True)


def test_where_services_of_the_plan_have_several_stacks_none_is_taken_for_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whoever reads that the other services of a stack are not in the plan may delete them."""
    chat_and_code = fleet("Active", beside=[deployment("code", "m")])
    more = run(fleet("Active", beside=[deployment("code", "m"), deployment("old", "m")]), stack=THEIRS)
    mixed = {**more, **run(fleet("Active"))}
    found = status(chat_and_code, {"east": mixed})
    assert found.more == ()
    assert found.unsettled == {"east": {STACK: 1, THEIRS: 1}}
    print_status(Console(width=1000), found)
    said = capsys.readouterr().out.splitlines()
    assert (
        f"services of the plan in east belong to several stacks: 1 of {STACK}, 1 of {THEIRS}. `pulumi up` refuses what "
        "another stack has (SW420): name those that apply these documents with --stack"
    ) in said
    # A stack that applies another environment is the one.
    home = deployment("home", "m")
    west = run(fleet("NoNew", "west/new", asked=[CHAT[0], home]))
    of = fleet("Active", "west/new", beside=[deployment("code", "m"), home])
    found = status(of, {"east": mixed, "west": west})
    assert found.unsettled == {}
    assert [(str(each.placement.deployment), each.state.value) for each, _ in found.services] == [
        ("team/chat", "serving"),
        ("team/code", "foreign"),
        ("team/home", "serving"),
    ]
    assert found.more == ()
    # So is one that is named.
    named = status(chat_and_code, {"east": mixed}, stacks=[THEIRS])
    assert [each.live.name for each in named.more] == ["old"]
    print_status(Console(width=200), named)
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "1 of 2 services serving, 1 somebody else's, 1 not in the plan"


def test_what_is_called_after_a_deployment_and_is_of_no_known_stack_is_counted() -> None:
    """It may be what an apply stack has yet to remove, and a line says how to tell it."""
    there = {"east": run(ON_OLD, stack="o/p/east"), "west": run(DRAINED, stack="o/p/west")}
    assert status(DRAINED, there).strangers == {"o/p/east": 1}
    both = status(DRAINED, there, stacks=["o/p/east", "o/p/west"])
    assert (both.strangers, [each.live.stack for each in both.more]) == ({}, ["o/p/east"])
    # Another name says nothing, and where a stack is given, all others are somebody else's.
    other = run(fleet("Active", asked=[CHAT[0], deployment("other", "m")]), stack="o/p/east")
    assert status(DRAINED, {**there, "east": other}).strangers == {}
    assert status(DRAINED, there, stacks=["o/p/west"]).strangers == {}


def test_a_service_that_is_taken_for_the_documents_own_does_not_hide_theirs() -> None:
    """Without --stack nothing tells which of two is the one that the documents ask for."""
    of = fleet("Active", "aaa/new")
    there = {"aaa": run(fleet("NoNew", "aaa/new"), stack=THEIRS), "east": run(ON_OLD)}
    found = status(of, there)
    assert [each.placement.environment for each, _ in found.services] == ["aaa"]
    assert found.strangers == {STACK: 1}
    found = status(of, there, stacks=[STACK])
    assert [(each.placement.environment, each.state.value) for each, _ in found.services] == [("east", "serving")]
