"""What is in the output directory already, and what cannot be written to it."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.render.rendering import GEMMA, MANIFESTS, contents, edit, render, without_deployments
from tests.unit.cli.running import COMMAND, ROOT, SECONDS, in_process, slicewise

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_of_other_people_is_not_replaced(documents: Path, output: Path) -> None:
    theirs = output / GEMMA
    theirs.parent.mkdir(parents=True)
    theirs.write_text("by: hand\n")
    run = render(documents, output)
    assert run.returncode == 2
    assert run.stderr.startswith(f"{theirs}: was not written by `render`")
    assert contents(output) == {GEMMA: b"by: hand\n"}


@pytest.mark.parametrize("kind", ["directory", "pipe"])
def test_something_else_in_a_manifests_place_is_refused(documents: Path, output: Path, kind: str) -> None:
    place = output / GEMMA
    place.parent.mkdir(parents=True)
    if kind == "directory":
        place.mkdir()
    else:
        os.mkfifo(place)
    run = slicewise("render", str(documents), "--output-dir", str(output))
    assert run.returncode == 2
    assert run.stderr.startswith(f"{place}: is not a regular file")
    assert contents(output) == {}


def test_a_link_in_a_manifests_place_is_replaced_and_not_followed(
    documents: Path, tmp_path: Path, output: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (output / GEMMA).parent.mkdir(parents=True)
    (output / GEMMA).symlink_to(precious)
    assert render(documents, output).returncode == 0
    assert precious.read_text() == "precious"
    assert not (output / GEMMA).is_symlink()
    assert list(contents(output)) == MANIFESTS


def test_a_directory_that_is_a_link_is_not_followed(documents: Path, tmp_path: Path, output: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    output.mkdir()
    (output / "mig-a").symlink_to(elsewhere)
    run = render(documents, output)
    assert run.returncode == 2
    assert run.stderr.splitlines() == [
        f"{output / 'mig-a'}: is a link, which `render` does not follow; put a directory in its place [SW111]"
    ]
    assert list(elsewhere.iterdir()) == []
    assert [path.name for path in output.iterdir()] == ["mig-a"]


@pytest.mark.parametrize("below", ["", "x/y"])
def test_a_link_to_itself_is_no_place_to_write_to(documents: Path, output: Path, below: str) -> None:
    output.symlink_to(output.name)
    run = in_process("render", str(documents), "--output-dir", str(output / below))
    assert run.returncode == 2
    assert "cannot be written" in run.stderr
    assert "[SW110]" in run.stderr
    assert output.is_symlink()


def test_what_is_not_a_file_beside_the_manifests_is_left_alone(documents: Path, tmp_path: Path, output: Path) -> None:
    """A directory called as a file, links that lead to nothing or outside, and a pipe that nothing writes to."""
    render(documents, output)
    stale = tmp_path / "elsewhere.yaml"
    shutil.copy(output / GEMMA, stale)
    beside = output / "mig-a"
    (beside / "directory.yaml").mkdir()
    (beside / "dangling.yaml").symlink_to("nowhere")
    (beside / "outside.yaml").symlink_to(stale)
    os.mkfifo(beside / "pipe.yaml")
    without_deployments(documents)
    run = slicewise("render", str(documents), "--output-dir", str(output))
    assert (run.returncode, run.stderr) == (0, "")
    assert sorted(path.name for path in beside.iterdir()) == [
        "dangling.yaml",
        "directory.yaml",
        "outside.yaml",
        "pipe.yaml",
    ]
    assert stale.exists()


def test_a_directory_of_documents_is_not_rendered_into(documents: Path, tmp_path: Path) -> None:
    """Another run would read the manifests as documents."""
    shutil.move(documents, tmp_path / "mig-a")
    run = render(tmp_path / "mig-a", tmp_path)
    assert run.returncode == 2
    assert "has the documents" in run.stderr
    assert "[SW111]" in run.stderr
    assert not (tmp_path / "onprem-b").exists()


def test_below_documents_that_are_read_with_all_below_is_refused(documents: Path) -> None:
    run = render(f"{documents}/**", documents / "out")
    assert run.returncode == 2
    assert f"{documents / 'out/mig-a'}: has the documents, and would have manifests among them" in run.stderr
    assert not (documents / "out").exists()


def test_beside_the_documents_is_good(documents: Path) -> None:
    assert render(documents, documents).returncode == 0
    assert render(documents, documents).returncode == 0
    assert in_process("validate", str(documents)).returncode == 0


def test_what_cannot_be_written_leaves_the_earlier_rendering_whole(documents: Path, output: Path) -> None:
    """A file may not be longer than 4,096 bytes here: as a full disk, it stops the second of the manifests."""
    render(documents, output)
    before = contents(output)
    argument = "--" + "x" * 4500
    edit(documents / "deployments.yaml", "replicas: 2", "replicas: 3")
    edit(documents / "models.yaml", "--dtype=bfloat16", f"--dtype=bfloat16, {argument}")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    run = subprocess.run(
        [*COMMAND, "render", str(documents), "--output-dir", str(output)],
        cwd=ROOT,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert (run.returncode, run.stdout) == (2, "")
    remedy = "choose a directory that you may write to, or make room where the disk is full"
    assert run.stderr == f"{output / MANIFESTS[1]}: cannot be written: File too large; {remedy} [SW110]\n"
    assert contents(output) == before


def test_what_cannot_be_written_leaves_no_new_directory(documents: Path, output: Path) -> None:
    output.mkdir()
    (output / "onprem-b").write_text("a file where a directory must be")
    run = render(documents, output)
    assert run.returncode == 2
    assert "[SW110]" in run.stderr
    assert list(contents(output)) == ["onprem-b"]


def test_what_a_killed_run_left_is_removed(documents: Path, output: Path) -> None:
    render(documents, output)
    expected = contents(output)
    (output / "mig-a" / ".slicewise-render-team-a.llminferenceservice.gemma.yaml.tmp").write_text("half")
    edit(documents / "deployments.yaml", "replicas: 2", "replicas: 3")
    assert render(documents, output).returncode == 0
    assert list(contents(output)) == list(expected)
    assert contents(output)[GEMMA] != expected[GEMMA]
