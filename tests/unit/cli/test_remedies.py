"""What the command line itself finds wrong: the remedy is apart from the message, and numbers are data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slicewise.cli.clusters import kubeconfig_texts, values_by_environment
from slicewise.cli.command_inputs import read_previous
from slicewise.cli.manifest_files import Rendering, documents_owner, not_written, write_manifests
from slicewise.cli.remembered_plan import without_memory
from slicewise.diagnostics import Diagnostic, InvalidInputError
from slicewise.documents import load_fleet
from slicewise.planning import make_plan
from tests.unit.cli.running import DEMO

KNOWN = ["east", "west"]


@pytest.mark.parametrize(
    ("values", "chosen", "message", "remedy"),
    [
        (
            ["FILE"],
            KNOWN,
            '"FILE" does not say which environment it is for',
            (
                "write --kubeconfig ENVIRONMENT=FILE with one of east, west, such as --kubeconfig east=FILE; or read "
                "one alone with --environment"
            ),
        ),
        (["eastt=FILE"], KNOWN, '"eastt=FILE": no environment is called "eastt"', 'did you mean "east"?'),
        (
            ["west=FILE"],
            ["east"],
            '"west=FILE" is for the environment west, which --environment leaves out',
            "leave it out, or add --environment west",
        ),
        (["east=A", "east=B"], KNOWN, 'the environment east has two, "A" and "B"', "write one of them"),
    ],
)
def test_a_value_for_no_environment_or_for_one_too_many(
    values: list[str], chosen: list[str], message: str, remedy: str
) -> None:
    with pytest.raises(InvalidInputError) as error:
        values_by_environment("--kubeconfig", values, KNOWN, chosen, "FILE")
    (problem,) = error.value.problems
    assert (problem.message, problem.remedy) == (message, remedy)


def test_an_environment_without_a_kubeconfig() -> None:
    _, wrong = kubeconfig_texts(KNOWN, {}, {})
    assert [(each.message, each.remedy) for problems in wrong.values() for each in problems] == [
        (
            f"environment {name} has no kubeconfig",
            f"write --kubeconfig {name}=FILE, or read fewer with --environment",
        )
        for name in KNOWN
    ]


def write(documents: list[str], output: Path, owner: str) -> Rendering:
    fleet = load_fleet(documents)
    memory = without_memory(output, owner)
    return write_manifests(fleet, make_plan(fleet), output, owner=owner, documents=documents, remembered=memory)


def refused(documents: list[str], output: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(InvalidInputError) as error:
        write(documents, output, documents_owner(documents, output))
    return error.value.problems


def test_manifests_of_another_owner_are_counted(tmp_path: Path) -> None:
    output = tmp_path / "manifests"
    written = write([DEMO], output, "blue").written
    first, second, *others = sorted(output.glob("*/team*.yaml"))
    for path in others:
        path.unlink()
    for path in (first, second):
        path.write_text(f"{path.read_text()}# changed by hand\n")

    (problem,) = refused([DEMO], output)

    assert written > 2
    assert problem.facts == {"inTheWay": 2, "files": 2}
    assert problem.message == (
        f"{first.relative_to(output)}, {second.relative_to(output)} were rendered from other documents, of owner "
        '"blue", which has 2 files here'
    )
    assert problem.remedy.startswith("choose another --output-dir. If these documents take the place of those, ")


@pytest.mark.parametrize("make", ["a link", "a file that `render` did not write"])
def test_something_in_the_way_of_manifests(tmp_path: Path, make: str) -> None:
    output = tmp_path / "manifests"
    write([DEMO], output, documents_owner([DEMO], output))
    first = min(output.glob("*/team*.yaml"))
    if make == "a link":
        first.parent.rename(tmp_path / "elsewhere")
        first.parent.symlink_to(tmp_path / "elsewhere")
        said = ("is a link, which `render` does not follow", "put a directory in its place")
    else:
        first.write_text("kind: Secret\n")
        said = ("was not written by `render`", "move it elsewhere, or choose another --output-dir")
    (problem,) = refused([DEMO], output)
    assert (problem.message, problem.remedy) == said


def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (problem,) = not_written(OSError(28, "No space left on device"), tmp_path).problems
    assert str(problem) == (
        f"{tmp_path}: cannot be written: No space left on device; choose a directory that you may write to, or make "
        "room where the disk is full [SW110]"
    )


def test_outputs_of_a_stack_that_applies_are_not_the_whole_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What other stacks have would be planned afresh, and be told as missing or new."""
    outputs = {"mode": "apply", "planStack": "acme/slicewise/plan", "revision": 3, "placements": {}}
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps(outputs), encoding="utf-8")
    with pytest.raises(BaseException, match="2"):
        read_previous(path)
    assert capsys.readouterr().err == (
        f"{path}: it has what one stack applies, and not the whole plan; give the outputs of its plan stack, which its "
        "output planStack names: pulumi stack output --json --stack PLAN_STACK [SW109]\n"
    )
    path.write_text(json.dumps({**outputs, "mode": "plan"}), encoding="utf-8")
    assert read_previous(path) == ((), {})


@pytest.mark.parametrize("content", [None, b"{", b"[]"])
def test_an_earlier_plan_that_is_none(
    tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BaseException, match="2"):
        read_previous(path)
    assert capsys.readouterr().err.endswith(
        "; give what `plan --output json` or `pulumi stack output --json` writes, or leave --previous out: placements "
        "may then move [SW109]\n"
    )
