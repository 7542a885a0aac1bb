from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pulumi
import pytest

from tests.components.recording import Recorder, RecordingMonitor


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """A fresh event loop and a mock engine for one test: work left by one would run inside the next."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    recorder = Recorder()
    monitor = RecordingMonitor(recorder)
    pulumi.runtime.set_mocks(
        monitor.mocks, project="slicewise", stack="test", preview=True, monitor=monitor, organization="organization"
    )
    yield recorder
    loop.close()
    asyncio.set_event_loop(None)
