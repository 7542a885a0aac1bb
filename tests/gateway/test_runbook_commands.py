"""The commands of docs/runbook.md, typed in a clean clone in the order of the page, and what it shows of them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.processes import wait_ended
from tests.typed_pages import Typist, clean_clone, type_until_shown, typed_and_shown
from tests.unit.cli.running import ROOT

PAGE: Final = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
# Requests follow the weights when KServe and the gateway have all routes: some seconds later.
SECONDS: Final = 600
READER: Final = {
    f"GIT_{who}_{what}": "reader@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}


@pytest.mark.long
def test_the_commands_of_the_page_work_as_they_are_written(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    shown = 0
    with clean_clone(clone) as environment:
        try:
            with Typist(clone, environment | READER) as typist:
                for block, expected in typed_and_shown(PAGE):
                    type_until_shown(typist, block.text, expected, seconds=SECONDS if block.text == "count\n" else 0)
                    shown += bool(expected)
            assert not (clone / "stacks/two").exists()
        finally:
            subprocess.run(["make", "demo-down"], cwd=clone, env=environment, check=True, capture_output=True)  # noqa: S607
    assert shown == 14
    wait_ended(str(clone))
