"""What the stack has is read from its state where its outputs cannot tell."""

from __future__ import annotations

import asyncio

import pulumi
import pytest

from components import last_update
from components.last_update import LastUpdate
from components.state.cluster_outputs import Renamed
from components.state.previous_plan import PreviousStack
from components.state.stack_state import StackState
from slicewise.clusters.live.existing_objects import ExistingObjects, LiveObject, ObjectName

CHAT = ObjectName("LLMInferenceService", "team", "chat")
OWN = "organization/slicewise/test"
READ = StackState(urns=frozenset({"urn:stack"}))


@pytest.mark.parametrize(
    ("stack", "environment", "skips", "read"),
    [
        (OWN, "west", False, False),
        (OWN, "west", True, True),
        # An update that renamed it was killed before its outputs, and the documents have the old name again.
        (OWN, "west2", False, True),
        ("organization/slicewise/other", "west2", False, False),
    ],
)
def test_the_state_is_read_where_the_outputs_cannot_tell(
    stack: str, environment: str, skips: bool, read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part, name in (("organization", "organization"), ("project", "slicewise"), ("stack", "test")):
        monkeypatch.setattr(pulumi, f"get_{part}", lambda name=name: name)

    async def read_state(_owner: object) -> StackState:
        return READ

    monkeypatch.setattr(last_update, "read_state", read_state)
    existing = {"west": ExistingObjects("1", {CHAT: LiveObject(stack, environment, {})})}
    before = LastUpdate(PreviousStack(stack=OWN), StackState(), Renamed({}))

    found = asyncio.run(before.with_state(existing, reads=skips))

    assert found.state == (READ if read else StackState())
