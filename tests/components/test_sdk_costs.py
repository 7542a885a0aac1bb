from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
from pulumi.runtime import settings

from components.sdk_costs import avoid_sdk_costs


class Engine:
    def __init__(self) -> None:
        self.messages: list[str] = []

    def Log(self, request: Any) -> None:  # noqa: ANN401, N802 - the name and type are Pulumi's
        self.messages.append(request.message)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    engine = Engine()
    monkeypatch.setattr(settings.SETTINGS, "engine", engine)
    monkeypatch.setattr(pulumi.log, "debug", pulumi.log.debug)
    threshold = gc.get_threshold()
    yield engine
    gc.set_threshold(*threshold)


def test_only_the_sdks_debug_messages_are_dropped(engine: Engine) -> None:
    pulumi.log.debug("before")

    avoid_sdk_costs()

    pulumi.log.debug("registering resource")
    pulumi.log.info("the plan")
    pulumi.log.warn("a warning")
    pulumi.log.error("a mistake")
    assert engine.messages == ["before", "the plan", "a warning", "a mistake"]
