"""What moves to an environment of another stack stays until that stack has it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

import pytest

from components.last_update import LastUpdate
from components.stacks.handover import Stays, elsewhere, stays, stays_for_skipped
from components.stacks.reading import StackPlan
from components.state import PreviousStack, Renamed, StackState
from components.state.stack_state import resources_by_environment
from components.type_tokens import MODEL_PLACEMENT
from slicewise.documents import DeploymentKey
from slicewise.planning import PreviousPlacement, make_plan
from slicewise.testing import Recorder
from tests.documents import deployment, environment, fleet_of, model, profile, slices

PLAN, OTHER = "organization/slicewise/plan", "organization/slicewise/apply-b"
KEY = DeploymentKey("team", "chat")


def placed(environment: str) -> PreviousPlacement:
    return PreviousPlacement(KEY, environment, "cut", "any", 1, 1, resource="nvidia.com/mig-3g.40gb")


def made_plan(*environments: str, apply_stacks: Mapping[str, str] | None = None) -> StackPlan:
    names = frozenset(("mig-a", "mig-b", "mig-c"))
    return StackPlan(PLAN, 2, "sha256:0", tuple(map(placed, environments)), apply_stacks or {}, names)


def waiting(plan: StackPlan, before: PreviousStack | None = None) -> tuple[Stays, ...]:
    loop = asyncio.get_event_loop()
    return loop.run_until_complete(stays(plan, ["mig-a"], before or PreviousStack(), [placed("mig-a")]))


def test_what_moves_stays_until_the_other_stack_has_it(recorder: Recorder) -> None:
    moved = made_plan("mig-b", apply_stacks={"mig-b": OTHER})
    (found,) = waiting(moved)
    assert found.name == "mig-a/team/chat"
    assert str(found.says) == (
        "ModelDeployment team/chat: it moves from mig-a to mig-b, and stays in mig-a until it is there: stack "
        f"{OTHER} does not have it there yet; run: pulumi up --stack apply-b; then `pulumi up` here removes it [SW449]"
    )
    there = {"placements": {"mig-b/team/chat": {}}, "revision": 2.0}
    others: list[dict[str, object]] = [
        {"revision": 1.0},
        {"revision": None},
        {"skipped": ["mig-b"]},
        {"placements": {}},
    ]
    for not_yet in others:
        recorder.stack_outputs[OTHER] = {**there, **not_yet}
        assert waiting(moved) == (found,)
    recorder.stack_outputs[OTHER] = there
    assert waiting(moved) == ()


@pytest.mark.usefixtures("recorder")
def test_where_the_plan_does_not_say_whose_the_new_place_is_it_stays() -> None:
    (found,) = waiting(made_plan("mig-b"))
    assert "the plan does not say which stack applies mig-b; run: pulumi config set --path" in str(found.says)
    assert "'slicewise:applyStacks[\"mig-b\"]' ORGANIZATION/PROJECT/STACK --stack plan" in str(found.says)


@pytest.mark.usefixtures("recorder")
def test_what_does_not_move_to_another_stack_does_not_wait() -> None:
    assert waiting(made_plan("mig-a")) == ()
    assert waiting(made_plan("mig-a", "mig-b")) == ()
    # It is nowhere any more.
    assert waiting(made_plan()) == ()
    # It was in mig-b already, and is in fewer environments now.
    assert waiting(made_plan("mig-b"), PreviousStack(elsewhere={"team/chat": frozenset(("mig-b",))})) == ()


@pytest.mark.usefixtures("recorder")
def test_what_is_remembered_of_other_stacks_does_not_change_while_it_waits() -> None:
    before = PreviousStack(elsewhere={"team/chat": frozenset(("mig-c",))})
    moved = made_plan("mig-b", "mig-c", apply_stacks={"mig-b": OTHER})
    (found,) = waiting(moved, before)
    assert elsewhere(moved, ["mig-a"], [found], before) == {"team/chat": "mig-c"}
    assert elsewhere(made_plan("mig-a", "mig-c", "mig-b"), ["mig-a"], [], before) == {"team/chat": "mig-b mig-c"}
    # Nothing of it is here any more.
    assert elsewhere(moved, ["mig-a"], [], before) == {}


SITES = [environment(name, slices("cut", "3g.40gb"), labels={"site": name}) for name in ("mig-a", "mig-b")]
TO_B = make_plan(
    fleet_of([*SITES, model("tiny", profile("any")), deployment("chat", "tiny", environmentSelector={"site": "mig-b"})])
)


def left(*outputs: str, state: Iterable[str] | None = None, renamed: Mapping[str, str] | None = None) -> LastUpdate:
    """Return what an update leaves: the environments of `chat`, as its outputs say, and as the state has it."""
    there = resources_by_environment(
        f"urn:pulumi:test::slicewise::{MODEL_PLACEMENT}::{name}/{KEY}" for name in state or outputs
    )
    return LastUpdate(PreviousStack(tuple(map(placed, outputs))), StackState(there), Renamed(renamed or {}))


def test_what_moves_to_an_environment_that_is_skipped_stays() -> None:
    (found,) = stays_for_skipped(left("mig-a"), TO_B, ["mig-b"])
    assert found.name == "mig-a/team/chat"
    assert "stays in mig-a until it is there: mig-b is skipped; then" in str(found.says)
    # Not where it is there already, nor where it goes elsewhere, nor where its own environment is skipped.
    assert stays_for_skipped(left("mig-a", "mig-b"), TO_B, ["mig-b"]) == ()
    assert stays_for_skipped(left("mig-a"), TO_B, ["mig-c"]) == ()
    assert stays_for_skipped(left("mig-a"), TO_B, ["mig-a", "mig-b"]) == ()


def test_what_an_update_that_failed_has_left_stays_too() -> None:
    failed = left("mig-b", state=("mig-a", "mig-b"))
    (found,) = stays_for_skipped(failed, TO_B, ["mig-b"])
    assert found.name == "mig-a/team/chat"
    assert stays_for_skipped(failed, TO_B, []) == ()
    assert stays_for_skipped(failed, TO_B, ["mig-c"]) == ()
    assert stays_for_skipped(failed, TO_B, ["mig-a", "mig-b"]) == ()
    # The environment has another name now.
    (found,) = stays_for_skipped(left("mig-b", state=("old", "mig-b"), renamed={"mig-a": "old"}), TO_B, ["mig-b"])
    assert found.name == "mig-a/team/chat"
