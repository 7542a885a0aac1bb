"""What becomes of environments that the documents do not have any more: decided in one place."""

from __future__ import annotations

import pulumi
import pytest

from components.cluster_outputs import KnownCluster, Renamed
from components.declared import Declared
from components.departing import Departing, departing, refuse_deleting_elsewhere, tell_departing
from components.stack_state import EnvironmentState, StackState, objects_of
from slicewise.inventory.standing import LiveObject, ObjectName, Standing
from slicewise.spec import InvalidInputError

THERE = EnvironmentState(has_provider=True)
STATE = {"east": THERE, "west": THERE}
CHAT = ObjectName("LLMInferenceService", "team", "chat")
TYPES = "slicewise:index:ModelPlacement$kubernetes:x/v1:LLMInferenceService"
URN = f"urn:pulumi:test::slicewise::{TYPES}::west/team/a-service"
SERVICE = {"kind": CHAT.kind, "metadata": {"namespace": "team", "name": "chat"}}


@pytest.mark.parametrize(
    ("declared", "formerly", "skipped", "expected"),
    [
        pytest.param({"east", "west"}, {}, {"west"}, Departing(), id="all are declared"),
        pytest.param({"east"}, {}, (), Departing(leaving=frozenset({"west"})), id="removed"),
        pytest.param({"east", "new"}, {}, (), Departing(leaving=frozenset({"west"})), id="replaced"),
        pytest.param({"east"}, {}, {"east"}, Departing(leaving=frozenset({"west"})), id="another one is skipped"),
        pytest.param({"east", "new"}, {}, {"new"}, Departing({"west": ("new",)}), id="perhaps renamed"),
        pytest.param({"east", "new"}, {"new": "west"}, {"new"}, Departing({"west": ("new",)}), id="renamed, skipped"),
        pytest.param({"east", "new"}, {"new": "west"}, (), Departing(moving=frozenset({"west"})), id="renamed"),
        pytest.param(
            {"a", "b"}, {}, {"a", "b"}, Departing({"east": ("a", "b"), "west": ("a", "b")}), id="all have other names"
        ),
        pytest.param(
            {"a", "b"},
            {"a": "east"},
            {"b"},
            Departing({"west": ("b",)}, moving=frozenset({"east"})),
            id="one is known",
        ),
    ],
)
def test_what_may_be_a_skipped_environment_under_its_old_name_is_held(
    declared: set[str], formerly: dict[str, str], skipped: set[str], expected: Departing
) -> None:
    assert departing(STATE, declared, Renamed(formerly), skipped) == expected


def test_on_the_first_day_nothing_departs() -> None:
    assert departing({}, {"east", "west"}, Renamed({}), {"west"}) == Departing()


def test_what_is_held_is_said_with_both_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    state = StackState({"west": EnvironmentState(has_provider=True, placements={"west/team/chat": []})})
    tell_departing(Departing({"west": ("new",)}), Renamed({}), state)
    tell_departing(Departing(leaving=frozenset({"west"})), Renamed({}), state)
    held, leaves = told
    assert held == (
        "environment west is declared no more, and stays as it is (west/team/chat): new cannot be used now, and may be "
        "the same cluster under another name. When `pulumi up` can use new, what is there moves to the new name, or "
        "goes if it is another cluster. To let west go before that, take new out of the documents, too [SW314]"
    )
    assert "[SW354]" in leaves


def test_the_objects_that_the_engine_tells_of_are_sorted_by_environment() -> None:
    outputs = {"metadata": {"namespace": "team", "name": "chat"}}
    config = URN.replace("ModelPlacement", "InferenceEnvironment")
    found = objects_of({URN: {"outputs": outputs}, config: {"outputs": outputs}})
    assert found == {"west": {CHAT: URN}}


@pytest.mark.parametrize(
    ("uid", "known", "live", "in_state", "refused"),
    [
        pytest.param("1", "1", True, False, True, id="one cluster"),
        pytest.param("1", "1", True, True, True, id="one cluster, twice in the state"),
        pytest.param("2", "1", True, False, False, id="two clusters"),
        pytest.param("1", None, True, False, True, id="the old one is not known"),
        pytest.param(None, "1", True, False, True, id="the new one is not known"),
        pytest.param("1", None, True, True, False, id="each has its own"),
        pytest.param("1", None, False, False, False, id="the new one does not have it yet"),
    ],
)
def test_nothing_is_deleted_that_is_declared_under_another_name(
    uid: str | None, known: str | None, live: bool, in_state: bool, refused: bool
) -> None:
    state = StackState(objects={"west": {CHAT: URN}, "new": {CHAT: "urn:new"} if in_state else {}})
    standing = {"new": Standing(uid, {CHAT: LiveObject("", "", SERVICE)} if live else {})}
    declared = {"new": Declared("new", [SERVICE], (), ())}
    before = {"west": KnownCluster(uid=known, identifier="west")} if known else {}
    leaves = Departing(leaving=frozenset({"west"}))

    def check() -> None:
        refuse_deleting_elsewhere(leaves, Renamed({}), state, declared, standing, before)

    if not refused:
        check()
        return
    with pytest.raises(InvalidInputError) as caught:
        check()
    (problem,) = caught.value.problems
    assert problem.code.value == "SW424"
    assert f"pulumi state delete --target-dependents '{URN}'" in problem.message


def test_what_moves_with_the_name_is_not_deleted() -> None:
    state = StackState(objects={"west": {CHAT: URN}})
    standing = {name: Standing("1", {CHAT: LiveObject("", "", SERVICE)}) for name in ("new", "newer")}
    before = {"west": KnownCluster(uid="1", identifier="west")}
    moves, renamed = Departing(moving=frozenset({"west"})), Renamed({"new": "west"})

    def there(name: str) -> Declared:
        return Declared(name, [SERVICE], (), ())

    def nothing(name: str) -> Declared:
        return Declared(name, [], (), ())

    refuse_deleting_elsewhere(moves, renamed, state, {"new": there("new"), "newer": nothing("newer")}, standing, before)
    with pytest.raises(InvalidInputError):
        refuse_deleting_elsewhere(
            moves, renamed, state, {"new": nothing("new"), "newer": there("newer")}, standing, before
        )
