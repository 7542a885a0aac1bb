"""What the engine is given to log of a plan."""

from __future__ import annotations

from collections.abc import Callable

import pulumi
import pytest

from components.report import report
from slicewise.cli.shortfalls import OnShortfall
from slicewise.printable import printable
from tests.documents import fleet_of
from tests.unit.cli.test_hostile import every_text, plan_of


@every_text
def test_no_name_of_an_earlier_plan_gets_through_to_the_terminal(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    logged: list[str] = []
    log: Callable[[str], None] = logged.append
    monkeypatch.setattr(pulumi.log, "info", log)
    monkeypatch.setattr(pulumi.log, "warn", log)

    report(fleet_of([]), plan_of(text), OnShortfall.WARN)

    # The tables, a move and a warning.
    assert len(logged) == 3
    for message in logged:
        assert printable(text) in message
        assert all(line.isprintable() for line in message.split("\n"))
