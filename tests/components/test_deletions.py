"""What one `pulumi up` would delete with an environment and must not: what is another's, or declared elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pulumi
import pytest

from components.environment_plan import EnvironmentPlan
from components.last_update import LastUpdate
from components.leaving.deletions import broken_renames, wrong_deletions
from components.leaving.departures import Departures
from components.state.cluster_outputs import KnownCluster, Renamed
from components.state.previous_plan import PreviousStack
from components.state.stack_state import Applied, EnvironmentState, StackState
from slicewise.clusters.live.existing_objects import ExistingObjects, LiveObject, ObjectName

CHAT = ObjectName("LLMInferenceService", "team", "chat")
SCALER = ObjectName("ScaledObject", "team", "chat")
URN = "urn:pulumi:test::slicewise::types::west/team/chat-service"
SCALER_URN = "urn:pulumi:test::slicewise::types::west/team/chat-scaledobject"
OWN = "organization/slicewise/test"
OTHER = "organization/slicewise/other"
LEAVES = Departures(leaving=frozenset({"west"}))


@pytest.fixture(autouse=True)
def _stack(monkeypatch: pytest.MonkeyPatch) -> None:
    for part, name in (("organization", "organization"), ("project", "slicewise"), ("stack", "test")):
        monkeypatch.setattr(pulumi, f"get_{part}", lambda name=name: name)


def live(uid: str, stack: str = OWN) -> LiveObject:
    return LiveObject(stack, "", {"metadata": {"uid": uid}})


def past(
    renamed: dict[str, str] | None = None, known: str | None = "1", **objects: dict[ObjectName, Applied]
) -> LastUpdate:
    """Return a stack that has the service in west, with uid 7."""
    state = StackState(objects={"west": {CHAT: Applied(URN, "7")}, **objects})
    clusters = {"west": KnownCluster(uid=known, identifier="west")} if known else {}
    return LastUpdate(PreviousStack(clusters=clusters, stack=OWN), state, Renamed(renamed or {}))


def having(name: str, *items: ObjectName) -> dict[str, EnvironmentPlan]:
    manifests = [{"kind": item.kind, "metadata": {"namespace": item.namespace, "name": item.name}} for item in items]
    return {name: EnvironmentPlan(name, manifests, (), ())}


@pytest.mark.parametrize(
    ("there", "says"),
    [
        ({CHAT: live("7")}, None),
        ({CHAT: live("7", OTHER)}, f"belongs to stack {OTHER} now"),
        # Its mark was taken off, and it is the same object.
        ({CHAT: live("7", "")}, None),
        ({CHAT: live("8", "")}, "is not the one that this stack made"),
        # Made again by an update that was killed.
        ({CHAT: live("8")}, None),
        ({}, None),
    ],
)
def test_only_what_is_the_stacks_own_leaves_with_its_environment(
    there: dict[ObjectName, LiveObject], says: str | None
) -> None:
    found = wrong_deletions(LEAVES, past(), {}, {}, {"west": ExistingObjects("1", there)})
    assert [each.code.value for each in found] == (["SW423"] if says else [])
    assert all(f"{says}, and this stack would delete it" in each.text for each in found)
    assert all(f"pulumi state delete --target-dependents '{URN}'" in each.text for each in found)


def test_what_scales_a_service_goes_where_it_goes() -> None:
    """One command takes both; what scales it may be another's alone."""
    both = {CHAT: Applied(URN, "7"), SCALER: Applied(SCALER_URN, "9")}
    there = {CHAT: live("7", OTHER), SCALER: live("9", OTHER)}
    (found,) = wrong_deletions(LEAVES, past(west=both), {}, {}, {"west": ExistingObjects("1", there)})
    assert URN in found.message
    (found,) = wrong_deletions(
        LEAVES, past(west=both), {}, {}, {"west": ExistingObjects("1", {**there, CHAT: live("7")})}
    )
    assert SCALER_URN in found.message


SAME, NOBODY_KNOWS, TWO = "is the one that this stack has in environment west", "both may be one cluster", None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        # LeavingAnswers: the same object, however little else is known.
        pytest.param(
            ExistingObjects(None, {CHAT: live("7")}), ExistingObjects(None, {CHAT: live("7")}), SAME, id="one object"
        ),
        pytest.param(
            ExistingObjects(None, {CHAT: live("7")}), ExistingObjects(None, {CHAT: live("8")}), TWO, id="two objects"
        ),
        pytest.param(
            ExistingObjects("1", {CHAT: live("7")}), ExistingObjects("1", {CHAT: live("7")}), SAME, id="one cluster"
        ),
        # Nothing is there yet: it would be made under the new name, and then deleted under the old one.
        pytest.param(ExistingObjects("2"), ExistingObjects("2"), SAME, id="one cluster that was rebuilt"),
        pytest.param(ExistingObjects("1", {CHAT: live("7")}), ExistingObjects("2"), TWO, id="two clusters"),
        pytest.param(
            ExistingObjects(None, {CHAT: live("7")}), ExistingObjects(None), TWO, id="only the old one has it"
        ),
        pytest.param(
            ExistingObjects(None), ExistingObjects(None, {CHAT: live("8")}), TWO, id="only the new one has it"
        ),
        pytest.param(ExistingObjects(None), ExistingObjects("2"), NOBODY_KNOWS, id="neither has it"),
        # Not asked: what the stack remembers counts.
        pytest.param(None, ExistingObjects("1", {CHAT: live("8")}), SAME, id="not asked, one cluster"),
        pytest.param(None, ExistingObjects(None, {CHAT: live("7")}), SAME, id="not asked, one object"),
        pytest.param(None, ExistingObjects("2", {CHAT: live("8")}), TWO, id="not asked, two clusters"),
    ],
)
def test_nothing_is_deleted_that_is_declared_under_another_name(
    old: ExistingObjects | None, new: ExistingObjects, says: str | None
) -> None:
    asked = {"west": old} if old else {}
    found = wrong_deletions(LEAVES, past(), having("new", CHAT), {"new": new}, asked)
    assert [each.code.value for each in found] == (["SW424"] if says else [])
    assert all(str(says) in each.text for each in found)
    assert all(f"pulumi state delete --target-dependents '{URN}'" in each.text for each in found)
    # What the plan does not have there goes with west.
    assert wrong_deletions(LEAVES, past(), having("new"), {"new": new}, asked) == []


def test_what_the_state_has_under_both_names_is_one_object_where_it_is_one_cluster() -> None:
    found = wrong_deletions(
        LEAVES,
        past(new={CHAT: Applied("urn:new", "7")}),
        having("new", CHAT),
        {"new": ExistingObjects("1", {CHAT: live("7")})},
        {"west": ExistingObjects("1", {CHAT: live("7")})},
    )
    assert [each.code.value for each in found] == ["SW424"]


def test_what_moves_with_the_name_is_not_deleted() -> None:
    moves = Departures(moving=frozenset({"west"}))
    here = {name: ExistingObjects("1", {CHAT: live("7")}) for name in ("new", "newer")}
    renamed = past({"new": "west"})

    assert wrong_deletions(moves, renamed, having("new", CHAT) | having("newer"), here, {}) == []
    (found,) = wrong_deletions(moves, renamed, having("new") | having("newer", CHAT), here, {})
    assert found.code.value == "SW424"


def test_what_moves_with_the_name_may_be_taken_back_from_another_stack() -> None:
    """It is not deleted: whether it is taken over, `takeOver` says."""
    moves = Departures(moving=frozenset({"west"}))
    here = {"new": ExistingObjects("1", {CHAT: live("7", OTHER)})}
    renamed = past({"new": "west"})

    assert wrong_deletions(moves, renamed, having("new", CHAT), here, {}) == []
    (found,) = wrong_deletions(moves, renamed, having("new"), here, {})
    assert found.code.value == "SW423"


def test_a_rename_that_broke_off_is_not_taken_back() -> None:
    """West's provider is west2's by now, and what is still west's would be made anew with another one, and deleted."""
    state = StackState(
        {"west": EnvironmentState(), "west2": EnvironmentState(has_provider=True)},
        identifiers={"west2": "west"},
        objects={"west": {CHAT: Applied(URN, "7")}},
    )
    clusters = {"west": KnownCluster(uid="1", identifier="west")}
    halfway = LastUpdate(PreviousStack(clusters=clusters, stack=OWN), state, Renamed({}))

    (found,) = broken_renames(Departures(leaving=frozenset({"west2"})), halfway, ["west"])
    assert found.code.value == "SW426"
    assert "Call it west2 in the documents again, run `pulumi up`, and rename it then" in found.message
    # The rename goes on; and another cluster's provider is not west's.
    moves = Departures(moving=frozenset({"west"}))
    assert broken_renames(moves, replace(halfway, renamed=Renamed({"west2": "west"})), ["west2"]) == []
    other = replace(halfway, state=replace(state, identifiers={"west2": "west2"}))
    assert broken_renames(Departures(leaving=frozenset({"west2"})), other, ["west"]) == []
