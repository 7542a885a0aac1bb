"""Every screen in a terminal of 120, 80 and 60 columns, on any background and in any encoding."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.documents import deployment, environment, model, pool, profile, slices
from tests.unit.cli.running import DEMO, SHORTFALL, in_terminal, slicewise

SCREENS = {
    "plan": ("plan", DEMO),
    "shortfall": ("plan", SHORTFALL),
    "explain": ("explain", "team-a/gemma", DEMO),
    "endpoints": ("endpoints", DEMO),
    "status": ("status", DEMO),
    "size": ("size", "gemma-3-27b", DEMO),
    "layout": ("layout", "--gpu", "h200", "--slices", "1g.18gb=9,3g.71gb=2,2g.35gb=1", "--gpus", "2"),
    "errors": ("errors",),
    "one error": ("errors", "SW204"),
    "help": ("plan", "--help"),
}
# White, yellow and the bright colours that a white background swallows, where they do not bring one of their own.
SWALLOWED = re.compile(r"\x1b\[(?:\d;)*(?:33|37|92|93|96|97|38;5;(?:7|11|15))m")
# What is copied in one piece may be wider than the terminal, which breaks it, and so may errors, which tools read.
WHOLE = re.compile(r"curl |kubectl |https?://|`|/|\[SW\d{3}\]$")


def plain(text: str) -> str:
    return re.sub(r"\x1b(?:\[[\d;?]*[a-zA-Z]|\]8;[^\x1b]*\x1b\\)", "", text)


@pytest.mark.parametrize("columns", [120, 80, 60])
@pytest.mark.parametrize("screen", SCREENS)
def test_no_line_is_wider_than_the_terminal_and_none_is_cut(screen: str, columns: int) -> None:
    shown = in_terminal(*SCREENS[screen], columns=columns).stdout
    assert "Traceback" not in shown
    lines = plain(shown).splitlines()
    assert lines
    assert "…" not in plain(shown)
    assert [line for line in lines if len(line.rstrip()) > columns and not WHOLE.search(line)] == []


def test_what_is_not_placed_is_folded_beside_a_result_too(tmp_path: Path) -> None:
    """`render` says it on standard error, which is this terminal, too."""
    command = ("render", SHORTFALL, "--output-dir", str(tmp_path / "out"), "--on-shortfall", "warn")
    lines = in_terminal(*command, columns=60).stdout.splitlines()
    assert [line for line in lines if len(line) > 60 and str(tmp_path) not in line] == []
    assert "    (insufficient-memory)" in [line.rstrip() for line in lines]
    piped = slicewise(*command).stderr.splitlines()
    assert "  edge/slices with bf16-tp4: a slice has 39Gi, needs 70Gi (insufficient-memory)" in piped


@pytest.mark.parametrize("columns", [80, 60])
def test_the_plan_says_the_same_in_a_narrow_terminal(columns: int, tmp_path: Path) -> None:
    names = ("a-deployment-with-a-long-name", "an-environment-with-a-long-name", "a-pool-with-a-long-name")
    documents = [
        environment(names[1], slices(names[2], "3g.40gb", reservedUnits=3), pool("whole", nodeCount=7)),
        model("m", profile("a-serving-profile", memoryPerGpu="30Gi", mig="only")),
        deployment(names[0], "m", replicas=5),
    ]
    file = tmp_path / "all.yaml"
    file.write_text("---\n".join(map(yaml.safe_dump, documents)), encoding="utf-8")
    words = set(re.split(r"[\s,]+", plain(in_terminal("plan", str(file), columns=columns).stdout)))
    assert {f"team/{names[0]}", *names[1:], "a-serving-profile", "mig-3g.40gb:", "mig-3g.40gb", "5", "new"} <= words
    assert {"56", "7", "3"} <= words  # units of the whole GPUs, their nodes, and what is reserved


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("term", ["xterm", "xterm-256color"])
def test_no_colour_is_lost_on_a_white_background(screen: str, term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLORTERM", raising=False)
    shown = in_terminal(*SCREENS[screen], TERM=term).stdout
    assert SWALLOWED.findall(shown) == []


def test_no_colour_and_a_dumb_terminal_have_none() -> None:
    colour = re.compile(r"\x1b\[(?:\d+;)*3[0-9]")
    assert colour.search(in_terminal("plan", SHORTFALL).stdout)
    assert not colour.search(in_terminal("plan", SHORTFALL, NO_COLOR="1").stdout)
    assert "\x1b[" not in in_terminal("plan", SHORTFALL, TERM="dumb").stdout


def test_colours_that_a_pipe_asks_for_do_not_narrow_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = slicewise("plan", DEMO).stdout
    assert "\x1b[" in shown
    assert "nvidia.com/mig-3g.40gb: 1" in plain(shown)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize("screen", ["plan", "explain", "status", "one error", "help"])
def test_no_encoding_crashes(screen: str, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    shown = in_terminal(*SCREENS[screen], columns=80, encoding=encoding).stdout
    assert "Traceback" not in shown
    assert "\\u2" not in shown
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    run = slicewise(*SCREENS[screen])
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("columns", [80, 60])
def test_help_splits_no_name(columns: int) -> None:
    words = plain(in_terminal("verify", "--help", columns=columns).stdout).split()
    assert {"[ENVIRONMENT=]CONTEXT", "ORGANIZATION/PROJECT/STACK"} <= set(words)


def test_code_of_a_page_has_the_terminals_own_background() -> None:
    assert not re.search(r"\x1b\[(?:\d+;)*4[0-9]", in_terminal("errors", "SW204").stdout)


def test_help_has_no_types_of_python_in_boxes() -> None:
    shown = plain(in_terminal("render", "--help", columns=120).stdout)
    assert "--fresh" in shown
    assert "<" not in shown
