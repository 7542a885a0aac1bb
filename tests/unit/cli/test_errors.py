"""`slicewise errors`: the page's own words, for a code however it is pasted."""

from __future__ import annotations

import re

import pytest

from slicewise.diagnostics import Code
from tests.unit.cli.running import ROOT, in_terminal, slicewise

PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
SW204 = "## SW204: unknown MIG profile" + PAGE.split("\n## SW204: unknown MIG profile")[1].split("\n## ")[0]


@pytest.mark.parametrize("written", ["SW204", "sw204", "[SW204]", "(sw204)", "204", " SW204."])
def test_a_code_gives_its_section_of_the_page(written: str) -> None:
    run = slicewise("errors", written)
    assert (run.returncode, run.stdout, run.stderr) == (0, SW204.rstrip() + "\n", "")


def test_the_last_section_ends_with_the_page() -> None:
    last = max(code.value for code in Code)
    assert slicewise("errors", last).stdout == f"## {last}" + PAGE.split(f"\n## {last}")[1]


def test_without_a_code_all_are_listed() -> None:
    run = slicewise("errors")
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert [line[:5] for line in lines] == sorted(code.value for code in Code)
    assert lines[0] == "SW101  no such file or directory"
    assert all(re.fullmatch(r"SW\d{3}  \S.*", line) for line in lines)


@pytest.mark.parametrize(
    ("written", "near"),
    [
        *(("SW21", "SW210 to SW219"), ("sw40", "SW401 to SW409"), ("21", "SW210 to SW219")),
        *(("SW20l", ""), ("SW29", ""), ("SW", ""), ("E501", ""), ("mig", ""), ("'", ""), ("x" * 9999, "")),
    ],
)
def test_a_code_that_there_is_not(written: str, near: str) -> None:
    run = slicewise("errors", written)
    assert (run.returncode, run.stdout) == (2, "")
    message = " ".join(run.stderr.split())
    assert "there is no code" in message
    assert "`slicewise errors` lists all" in message
    assert len(message) < 400
    assert ("those that begin so are" in message) == bool(near)
    assert near in message


def test_a_terminal_gets_it_formatted() -> None:
    run = in_terminal("errors", "SW204")
    assert run.returncode == 0
    plain = re.sub(r"\x1b\[[0-9;]*m", "", run.stdout)
    assert plain != run.stdout
    assert "SW204: unknown MIG profile" in plain
    assert "```" not in plain
    assert "##" not in plain
