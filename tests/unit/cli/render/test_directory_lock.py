"""Several runs of `render` into one directory."""

from __future__ import annotations

import errno
import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

from slicewise.cli import directory_lock, output_directory
from slicewise.cli.directory_lock import make_directories
from tests.unit.cli.render.rendering import MANIFESTS, contents, edit, render
from tests.unit.cli.running import COMMAND, DEMO, ROOT, SECONDS


def of_other_teams(directory: Path) -> Path:
    """The demo's documents, whose manifests have other names and go into the same directories."""
    copy = Path(shutil.copytree(DEMO, directory))
    edit(copy / "deployments.yaml", "team-a", "team-c")
    edit(copy / "deployments.yaml", "team-b", "team-d")
    return copy


def start_render(documents: Path, output: Path) -> subprocess.Popen[str]:
    command = [*COMMAND, "render", str(documents), "--output-dir", str(output)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.long
def test_two_runs_at_once_do_not_disturb_each_other(
    documents: Path, tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second begins when the first has written some temporary files, and not replaced anything."""
    others = of_other_teams(tmp_path / "others")
    render(documents, tmp_path / "expected")
    render(others, tmp_path / "expected")
    expected = contents(tmp_path / "expected")
    made, runs, said = list[Path](), list[subprocess.Popen[str]](), list[str]()

    def make(folder: Path) -> list[Path]:
        made.append(folder)
        if len(made) == 2:
            runs.append(start_render(others, output))
            # It says that it waits; if it does not wait, it ends.
            assert runs[0].stderr is not None
            said.append(runs[0].stderr.readline())
        return make_directories(folder)

    monkeypatch.setattr(output_directory, "make_directories", make)
    first = render(documents, output)
    (second,) = runs
    with second:
        assert second.wait(SECONDS) == 0
    assert (first.returncode, first.stderr) == (0, "")
    assert said == [f"waiting for another run of `render` into {output}\n"]
    assert contents(output) == expected


@pytest.mark.long
def test_a_run_that_waited_for_one_that_failed_makes_the_directory_again(
    documents: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = list[subprocess.Popen[str]]()

    def fail(folder: Path) -> list[Path]:
        runs.append(start_render(documents, output))
        assert runs[0].stderr is not None
        assert runs[0].stderr.readline().startswith("waiting")
        raise OSError(errno.ENOSPC, "No space left on device", str(folder))

    monkeypatch.setattr(output_directory, "make_directories", fail)
    assert render(documents, output).returncode == 2
    (second,) = runs
    with second:
        assert second.wait(SECONDS) == 0
    assert list(contents(output)) == MANIFESTS


def test_a_run_that_comes_when_another_one_fails_makes_the_directory_again(
    documents: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one removes what it has made just when this one has found it there."""
    runs = list[Path]()

    def make(folder: Path) -> list[Path]:
        made = make_directories(folder)
        if not runs:
            runs.append(folder)
            folder.rmdir()
        return made

    monkeypatch.setattr(directory_lock, "make_directories", make)
    assert render(documents, output).returncode == 0
    assert list(contents(output)) == MANIFESTS
    assert runs == [output]


def test_without_locks_what_may_be_another_runs_stays(
    documents: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On NFS a directory cannot be locked: it is not open for writing."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert render(documents, output).returncode == 0
    live = output / "mig-a" / ".slicewise-render-0a1b2c3d-some.yaml.tmp"
    live.write_text("half")
    edit(documents / "deployments.yaml", "replicas: 2", "replicas: 3")
    assert render(documents, output).returncode == 0
    assert sorted(contents(output)) == sorted([*MANIFESTS, "mig-a/.slicewise-render-0a1b2c3d-some.yaml.tmp"])
