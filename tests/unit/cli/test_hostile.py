"""What comes from an earlier plan's file or a cluster is shown as text: no terminal and no picture obeys it."""

from __future__ import annotations

import io
import json
import re
import string
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from slicewise.diagnostics import Code, Diagnostic, Subject
from slicewise.diagnostics.printable_text import printable, printable_lines
from slicewise.documents import DeploymentKey
from slicewise.planning import Placement, Plan, PoolUsage
from slicewise.planning.location import Location
from slicewise.planning.moves import Move, NodePoolGone
from slicewise.presentation.picture import fleet_picture
from slicewise.presentation.tables import print_plan
from tests.documents import fleet_of
from tests.unit.cli.running import DEMO, in_process, in_terminal

HOSTILE = {
    "escape sequences": "evil\x1b]0;PWNED\x07\x1b[31m",
    "8-bit escapes": "evil\x9b31m",
    "a turned direction of reading": "evil\u202egnp.exe\u2066",
    "not for XML": "evil\x00\x0b\ufffe",
    "line breaks": "evil\n\rx\u2028\u0085y",
    "markup of rich": "[red]evil[/red][link=https://example.com]x[/link][/]",
    "markup of pictures": "</text><script>evil()</script>&amp;]]>",
}
every_text = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=[]), min_size=1, max_size=12)
# What rich itself writes: colours, and nothing else.
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def plan_of(text: str) -> Plan:
    """Return a plan whose every name is hostile."""
    key, location = DeploymentKey(text, text), Location(text, text, text)
    return Plan(
        placements=(Placement(key, text, text, text, 1, 1, 1, text, retained=True),),
        shortfalls=(),
        node_pools=(PoolUsage(text, text, text, 8, 1, 1, 0, 1),),
        warnings=(Diagnostic.warning(Code.SHORTFALL, text, subject=Subject(text, text)),),
        moved=(Move(key, location, location, NodePoolGone(text, text)),),
    )


def printed(text: str, *, terminal: bool) -> str:
    file = io.StringIO()
    console = Console(file=file, width=400, force_terminal=terminal, no_color=not terminal, _environ={})
    print_plan(console, fleet_of([]), plan_of(text))
    return COLOURS.sub("", file.getvalue()) if terminal else file.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
@every_text
def test_tables_show_what_was_written(text: str, terminal: bool) -> None:
    shown = printed(text, terminal=terminal)
    assert all(line.isprintable() for line in shown.split("\n"))
    # In the tables, the moves and the warnings: each name in full, markup and all.
    assert shown.count(printable(text)) >= 10


@settings(deadline=None)  # a busy machine takes its time over tables
@given(text=ANY_TEXT)
def test_no_text_gets_through_to_a_terminal(text: str) -> None:
    for terminal in (True, False):
        assert all(line.isprintable() for line in printed(text, terminal=terminal).split("\n"))


@given(text=ANY_TEXT | st.sampled_from(list(HOSTILE.values())))
def test_a_picture_is_well_formed_and_has_no_script(text: str) -> None:
    picture = ET.fromstring(fleet_picture(plan_of(text)))  # noqa: S314 - a picture of our own
    assert {element.tag.rpartition("}")[2] for element in picture.iter()} <= {
        *("svg", "style", "defs", "clipPath", "rect", "g", "text", "circle")
    }
    assert all(line.isprintable() for element in picture.iter("{*}text") for line in (element.text or "").split("\n"))


@every_text
def test_an_earlier_plan_cannot_write_to_the_terminal(tmp_path: Path, text: str) -> None:
    earlier = tmp_path / "plan.json"
    plan = json.loads(in_process("plan", DEMO, "--output", "json").stdout)
    plan["placements"][0]["nodePool"] = text
    earlier.write_text(json.dumps(plan))
    run = in_process("plan", DEMO, "--previous", str(earlier))
    assert all(line.isprintable() for line in (run.stdout + run.stderr).split("\n"))
    assert printable(text) in run.stdout
    assert ET.fromstring(in_process("plan", DEMO, "--previous", str(earlier), "--output", "svg").stdout)  # noqa: S314


def test_nor_where_it_is_one(tmp_path: Path) -> None:
    earlier = tmp_path / "plan.json"
    plan = json.loads(in_process("plan", DEMO, "--output", "json").stdout)
    plan["placements"][0]["nodePool"] = HOSTILE["escape sequences"]
    earlier.write_text(json.dumps(plan))
    shown = COLOURS.sub("", in_terminal("plan", DEMO, "--previous", str(earlier)).stdout)
    assert "\x1b" not in shown
    assert "\x07" not in shown


@given(text=st.text(st.characters(codec=None, exclude_categories=[])))
def test_printable_text_is_printable(text: str) -> None:
    assert printable(text).isprintable()
    if text.isprintable() and not text.lstrip().startswith("::") and "##" not in text:
        assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("für 日本 🎉", "für 日本 🎉"),
        ("a\tb\n", "a\\tb\\n"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202e\ufeff", "\\u202e\\ufeff"),
        ("\U000e0041\ud800", "\\U000e0041\\ud800"),
        # GitHub's runner trims a line before it looks for :: (ActionCommand.TryParseV2).
        ("::error::x", "\\x3a:error::x"),
        (" \u3000::error::x", " \\u3000::error::x"),
        ("  ::error::x", "  \\x3a:error::x"),
        ("a ##[error]x ##vso[task.x]", "a #\\x23[error]x #\\x23vso[task.x]"),
        ("a::b ## [x] # #[", "a::b ## [x] # #["),
    ],
    ids=ascii,
)
def test_what_is_not_printable_is_written_as_in_python(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_lines_keep_their_ends_and_nothing_else() -> None:
    assert printable_lines("a\r\nb\x1b\n\nc\rd") == "a\nb\\x1b\n\nc\\rd"
    assert printable(string.whitespace) == " \\t\\n\\r\\x0b\\x0c"


@pytest.mark.parametrize("name", ["::error file=x::evil", "  ::warning::evil", "##[error]evil", "##vso[task.x]evil"])
@pytest.mark.parametrize(
    "command", [["validate", "FILE"], ["validate", "."], ["render", "FILE", "--output-dir", "FILE"]]
)
def test_a_log_obeys_no_file_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(f"{name}.yaml").write_text("kind: [\n")
    run = in_process(*(each.replace("FILE", f"{name}.yaml") for each in command))
    assert run.returncode == 2
    assert "evil.yaml:2" in run.stderr
    assert obeyed(run.stderr) == []


def test_nor_the_name_of_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = in_process("render", DEMO, "--output-dir", "##[error]evil")
    assert "evil" in run.stdout
    assert obeyed(run.stdout) == []


def obeyed(text: str) -> list[str]:
    """Return the lines that GitHub's or Azure's runner takes for commands."""
    return [line for line in text.splitlines() if line.strip().startswith("::") or re.search(r"##\w*\[", line)]
