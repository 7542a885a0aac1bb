"""The corpus and hostile files through `pulumi preview`: the same errors, no traceback, nothing declared."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path

from tests.corpus.reading import HERE, read_case
from tests.engine.workspace import Workspace

_MARKS = ("Traceback", 'File "', "LLMInferenceService", "pulumi:providers:kubernetes", "slicewise:index:")


def refused(workspace: Workspace) -> str:
    """Preview what must fail, and return what was printed: nothing of Python's, and nothing was declared."""
    run = workspace.pulumi("preview", "--stack", "test", fails=True)
    shown = run.stdout + run.stderr
    assert [mark for mark in _MARKS if mark in shown] == []
    return shown


def test_one_document_of_each_area_in_one_preview(workspace: Workspace) -> None:
    workspace.set_config("kubeconfigSource", "none")
    expected = []
    for folder in sorted(
        path for path in HERE.iterdir() if path.is_dir() and path.name not in ("many", "with", "warnings")
    ):
        file = next(iter(sorted(folder.glob("*.yaml"))), None)
        if file is None or folder.name == "references":
            continue  # a reference dangles only where every document can be read
        (workspace.manifests / f"{folder.name}.yaml").write_text(
            next(iter(read_case(file.stem, [file]).files.values())), encoding="utf-8"
        )
        (error,) = read_case(file.stem, [file]).errors
        at = f":{error.line}:{error.column}" if error.line else ""
        expected.append(f"stacks/test/{folder.name}.yaml{at}: " + (f"{error.field}: " if error.field else ""))

    shown = refused(workspace)

    assert len(expected) > 10
    assert [each for each in expected if each not in shown] == []


def test_hostile_files_in_one_preview(workspace: Workspace) -> None:
    workspace.set_config("kubeconfigSource", "none")
    files = workspace.manifests
    letters = "abcdefghij"
    (files / "bomb.yaml").write_text(
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in pairwise(letters))
    )
    (files / "tower.yaml").write_text("[" * 100_000)
    (files / "wall.yaml").write_text("# " + "x" * 10_000_000)
    (files / "object.yaml").write_text("a: !!python/object/apply:os.system ['touch owned']\n")
    (files / "binary.yaml").write_bytes(bytes(range(256)))
    (files / "loop.yaml").symlink_to("loop.yaml")
    (files / "memory.yaml").symlink_to("/proc/self/mem")
    os.mkfifo(files / "fifo.yaml")

    shown = refused(workspace)

    codes = {
        **dict.fromkeys(("bomb", "tower", "wall"), "SW106"),
        "object": "SW104",
        **dict.fromkeys(("binary", "loop", "memory", "fifo"), "SW102"),
    }
    lines = [line.strip() for line in shown.splitlines() if "[SW" in line]
    assert {Path(line.split(".yaml")[0]).name: line[-6:-1] for line in lines} == codes
    assert not (workspace.directory / "owned").exists()


def test_previous_outputs_that_are_no_plan(workspace: Workspace) -> None:
    """The `placements` output of the stack, edited by hand: said in a line, and nothing is declared."""
    workspace.use("demo")
    workspace.set_config("kubeconfigSource", "none")
    state = json.loads(workspace.export())
    state["deployment"]["resources"] = [
        {
            "urn": "urn:pulumi:test::slicewise::pulumi:pulumi:Stack::slicewise-test",
            "custom": False,
            "type": "pulumi:pulumi:Stack",
            "outputs": {"placements": [{"deployment": {"namespace": 7, "name": "\x1b[31m"}}, "x", None]},
        }
    ]
    workspace.pulumi("stack", "import", "--stack", "test", stdin=json.dumps(state))

    shown = refused(workspace)

    lines = [line.strip() for line in shown.splitlines() if "[SW109]" in line]
    assert lines
    assert all("the outputs of stack" in line and "placements[" in line for line in lines)
    assert "\x1b[31m" not in shown
