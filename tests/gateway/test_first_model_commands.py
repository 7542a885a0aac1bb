"""The commands of docs/first-model.md, typed in a clean clone in the order of the page, and what it shows of them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.processes import wait_ended
from tests.typed_pages import Typist, clean_clone, type_until_shown, typed_and_shown
from tests.unit.cli.running import ROOT

PAGE: Final = (ROOT / "docs/first-model.md").read_text(encoding="utf-8")
# The gateway's port on the machine that the page was written on.
PORT: Final = "45659"
# What asks a model is asked again until the routes are in effect: the page says `some seconds later`.
ASKS: Final = ("curl", ".venv/bin/python", "ask()", "count")
SECONDS: Final = 600


@pytest.mark.long
def test_the_commands_of_the_page_work_as_they_are_written(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    port, shown = PORT, 0
    with clean_clone(clone) as environment:
        try:
            with Typist(clone, environment) as typist:
                for block, expected in typed_and_shown(PAGE):
                    text = block.text.replace(PORT, port)
                    seconds = SECONDS if text.startswith(ASKS) else 0
                    printed = type_until_shown(typist, text, expected, seconds=seconds)
                    shown += bool(expected.strip())
                    if found := re.search(r"http://127\.0\.0\.1:(\d+)/team-b", printed):
                        port = found[1]
            assert port != PORT
            assert not (clone / "stacks/first").exists()
        finally:
            subprocess.run(["make", "demo-down"], cwd=clone, env=environment, check=True, capture_output=True)  # noqa: S607
    assert shown >= 9
    wait_ended(str(clone))
