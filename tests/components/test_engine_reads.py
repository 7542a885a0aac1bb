"""The engine's own functions are called again where the engine was just writing what they read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import pytest

from components.state import engine_reads
from components.state.engine_reads import read_resources, read_stack_outputs
from slicewise.diagnostics import InvalidInputError
from slicewise.testing import ProviderRefusal, Recorder
from slicewise.testing.monitor import RecordingMonitor

# As Pulumi 3.259 and 3.276 say it.
BUSY = "invocation of {token} returned an error: failed to load checkpoint: EOF"
Read = Callable[[], Coroutine[Any, Any, Mapping[str, Any]]]


@pytest.fixture
def answers(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the engine fails with, one after the other, before it answers."""
    assert recorder.invokes == []
    left: list[str] = []
    invoke = RecordingMonitor.Invoke

    def refusing(self: RecordingMonitor, request: Any) -> Any:  # noqa: ANN401 - gRPC's
        if left:
            raise ProviderRefusal(left.pop(0).format(token=request.tok))
        return invoke(self, request)

    monkeypatch.setattr(RecordingMonitor, "Invoke", refusing)
    monkeypatch.setattr(engine_reads, "_WAITS", (0, 0, 0))
    return left


@pytest.mark.parametrize("read", [read_stack_outputs, read_resources])
def test_it_is_asked_again(read: Read, answers: list[str]) -> None:
    answers += [BUSY] * 3
    assert asyncio.get_event_loop().run_until_complete(read()) == {}
    assert answers == []


@pytest.mark.parametrize("read", [read_stack_outputs, read_resources])
def test_and_then_no_more(read: Read, answers: list[str]) -> None:
    answers += [BUSY] * 5
    with pytest.raises(InvalidInputError) as raised:
        asyncio.get_event_loop().run_until_complete(read())
    (problem,) = raised.value.problems
    assert problem.code.value == "SW436"
    assert str(problem.place) == "the state of stack organization/slicewise/test"
    assert problem.message == "Pulumi's engine cannot read it: failed to load checkpoint: EOF"
    assert "`pulumi stack export`" in problem.remedy
    assert len(answers) == 1


@pytest.mark.parametrize("read", [read_stack_outputs, read_resources])
def test_other_failures_are_pulumis(read: Read, answers: list[str]) -> None:
    answers += ["no backend client is available", BUSY]
    with pytest.raises(Exception, match="no backend client is available"):
        asyncio.get_event_loop().run_until_complete(read())
    assert answers == [BUSY]
