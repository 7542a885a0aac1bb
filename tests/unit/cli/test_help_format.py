"""What commands say of what they take, and what they print where characters are lacking."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.unit.cli.running import COMMAND, COMMANDS, DEMO, ROOT, SECONDS, SHORTFALL, in_process, in_terminal


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_no_types_of_python(command: str) -> None:
    shown = in_process(command, "--help").stdout
    assert not [word for word in ("<str>", "<list", "<path", "{", "}") if word in shown]


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("plan", "plan [OPTIONS] PATH..."),
        ("explain", "explain [OPTIONS] DEPLOYMENT PATH..."),
        ("errors", "errors [OPTIONS] [CODE]"),
        ("schema", "schema [OPTIONS] [KIND]"),
    ],
)
def test_usage_is_that_of_manual_pages(command: str, usage: str) -> None:
    assert in_process(command, "--help").stdout.splitlines()[0].endswith(f" {usage}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", DEMO, "--output", "csv"], "'--output' / '-o': \"csv\" is not one of table, json, yaml, svg"),
        (["explain", "gemma", DEMO, "--output", "svg"], "'--output' / '-o': \"svg\" is not one of table, json"),
        (["render", DEMO, "--output-dir", "x", "--on-shortfall", "no"], '"no" is not one of fail, warn'),
        (["plan", DEMO, "--output", "yml"], 'yaml, svg, markdown; did you mean "yaml"?'),
        (["schema", "Modle"], 'Quota; did you mean "Model"?'),
        (["schema", "Pod"], "'KIND': \"Pod\" is not one of InferenceEnvironment, ClusterModel, Model, ModelDeployment"),
        (["plan", DEMO, "--output", "\x1b[31m"], r"'--output' / '-o': \"\u001b[31m\" is not one of"),
    ],
)
def test_a_word_that_is_not_one_of_those(arguments: list[str], message: str) -> None:
    run = in_process(*arguments)
    assert run.returncode == 2
    assert message.replace('\\"', '"') in run.stderr


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "ascii", "utf-8"])
@pytest.mark.parametrize("arguments", [["plan", SHORTFALL], ["explain", "gemma", DEMO]])
def test_a_pipe_of_any_encoding_gets_the_whole_table(encoding: str, arguments: list[str]) -> None:
    environ = os.environ | {"PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    command = [*COMMAND, *arguments]
    run = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=False, timeout=SECONDS)
    assert run.returncode in (0, 3)
    assert run.stderr == b""
    shown = run.stdout.decode(encoding)
    assert ("─" in shown) == (encoding == "utf-8")
    assert "\\u" not in shown


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_a_terminal_of_another_encoding_gets_tables_and_map(encoding: str) -> None:
    run = in_terminal("plan", DEMO, encoding=encoding)
    assert run.returncode == 0
    assert "Traceback" not in run.stdout
    assert "GPUs" in run.stdout


def tag_texts(picture: bytes) -> str:
    """Return all text of an SVG picture, which must be XML."""
    return "".join(ET.fromstring(picture).itertext())  # noqa: S314 - our own


def test_a_picture_is_the_same_in_every_encoding() -> None:
    def picture(encoding: str) -> bytes:
        environ = os.environ | {"PYTHONIOENCODING": encoding}
        command = [*COMMAND, "plan", DEMO, "--output", "svg"]
        return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=True, timeout=SECONDS).stdout

    written = picture("cp1252")
    assert written == picture("utf-8")
    assert written.isascii()
    assert "█" in tag_texts(written)


HOSTILE = [
    "\x1b[2J",
    "\x1b]0;title\x07",
    "[bold red]loud[/]",
    "[/]",
    "</text><script>alert(1)</script>",
    "two\nlines",
    "\u202egnitirw",
    "\x00",
    "\x9b31m",
    "\ud800",
    "a\u2028b",
]


@pytest.fixture(scope="module")
def demo_plan() -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(in_process("plan", DEMO, "--output", "json").stdout)
    return plan


def earlier_plan(plan: dict[str, Any], text: str, file: Path) -> str:
    """Write an earlier plan that has `text` for every name: of three placements one each, of a fourth all."""
    first, second, third = plan["placements"]
    placements = [
        first | {"environment": text},
        second | {"nodePool": text, "resource": {"name": text, "count": 1}},
        third | {"profile": text},
        first | {"deployment": {"namespace": text, "name": text}},
    ]
    file.write_text(json.dumps(plan | {"placements": placements}))
    return str(file)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_an_earlier_plan_prints_nothing_raw(tmp_path: Path, demo_plan: dict[str, Any], text: str) -> None:
    earlier = earlier_plan(demo_plan, text, tmp_path / "plan.json")
    for arguments in (
        ["plan", DEMO],
        ["plan", DEMO, "--output", "json"],
        ["plan", DEMO, "--output", "yaml"],
        ["plan", DEMO, "--output", "svg"],
        ["explain", "gemma", DEMO],
        ["render", DEMO, "--output-dir", str(tmp_path / "out"), "--allow-moves"],
    ):
        run = in_process(*arguments, "--previous", earlier)
        assert run.returncode == 0
        assert [line for line in (run.stdout + run.stderr).split("\n") if not line.isprintable()] == []
        if arguments[-1] == "svg":
            assert tag_texts(run.stdout.encode())
        elif arguments[-1] == "yaml":
            assert yaml.safe_load(run.stdout)["placements"]
    shown = in_process("plan", DEMO, "--previous", earlier).stdout
    assert (text if text.isprintable() else "\\") in shown


def test_markup_is_text_in_a_terminal_too(tmp_path: Path, demo_plan: dict[str, Any]) -> None:
    earlier = earlier_plan(demo_plan, "[bold]pool[/]", tmp_path / "plan.json")
    assert "[bold]pool[/]" in in_terminal("plan", DEMO, "--previous", earlier, columns=400).stdout


@pytest.mark.parametrize("text", HOSTILE[:-2], ids=ascii)
def test_arguments_are_shown_as_text(text: str) -> None:
    if "\x00" in text:
        return
    for arguments in (["explain", text, DEMO], ["verify", DEMO, "--environment", text], ["errors", text]):
        run = in_process(*arguments)
        assert run.returncode == 2
        assert [line for line in (run.stdout + run.stderr).split("\n") if not line.isprintable()] == []


def test_a_plan_that_is_damaged_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"placements": {"a": 1}}')
    run = in_process("plan", DEMO, "--previous", str(tmp_path / "plan.json"))
    assert run.returncode == 2
    assert run.stderr.endswith(
        "; give what `plan --output json` or `pulumi stack output --json` writes, or leave --previous out: placements "
        "may then move [SW109]\n"
    )
