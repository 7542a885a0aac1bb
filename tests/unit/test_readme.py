"""What README shows is what the commands print."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.cli.running import COMMANDS, DEMO, ROOT, SHORTFALL, in_process

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def block_after(sentence: str) -> list[str]:
    """Return the lines of the block of code that follows `sentence`."""
    return README.split(sentence)[1].split("```\n")[1].splitlines()


def test_the_tables_of_the_demo() -> None:
    """Without the last columns: each line of README is the beginning of one that is printed."""
    shown = [line.rstrip() for line in block_after("`make preview` prints the plan") if line.strip()]
    printed = [line for line in in_process("plan", DEMO).stdout.partition("Warnings")[0].splitlines() if len(line) > 20]
    assert len(shown) == len(printed)
    for line, whole in zip(shown, printed, strict=True):
        assert whole.startswith(line)


def test_the_reasons_of_the_shortfall() -> None:
    shown = [line for line in block_after("`make preview STACK=shortfall` shows") if not line.startswith("error: ")]
    printed = in_process("plan", SHORTFALL).stdout.partition("Not placed everywhere\n")[2].splitlines()
    assert [f"  {line}" for line in shown] == [line for line in printed if line]


def test_the_readme_has_every_command_and_no_other() -> None:
    table = README.split("\n## Command line\n")[1].split("\nExit codes:")[0]
    assert re.findall(r"^\| `([a-z]+)[ `]", table, re.MULTILINE) == COMMANDS


def test_forever_is_one_word() -> None:
    assert [page.name for page in PAGES if re.search(r"\bfor\s+ever\b", page.read_text(encoding="utf-8"))] == []


def test_every_file_that_a_page_links_to_is_there() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert Path(page.parent, target).exists(), (page.name, target)
