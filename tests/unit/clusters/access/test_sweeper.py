"""What is removed from a temporary directory, and what is left alone."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from slicewise.clusters.access import sweeper
from slicewise.clusters.access.marking import marked
from slicewise.clusters.access.sweeper import sweep
from tests.unit.clusters.access.kubeconfigs import kubeconfig

PLAIN = yaml.safe_dump(kubeconfig())
TEXT = marked(PLAIN)


def test_marked_copies_go_and_nothing_else(tmp_path: Path) -> None:
    ours = [tmp_path / "kubeconfig123", tmp_path / "kubeconfig4005006007"]
    others = {
        tmp_path / "kubeconfig124": PLAIN,  # another program's provider
        tmp_path / "kubeconfig125": "",  # being written
        tmp_path / "kubeconfig": TEXT,  # not a name that Go makes
        tmp_path / "kubeconfig-mig-a": TEXT,
        tmp_path / "my-kubeconfig126": TEXT,
    }
    for path, text in {**dict.fromkeys(ours, TEXT), **others}.items():
        path.write_text(text)
    (tmp_path / "kubeconfig127").mkdir()

    assert sorted(sweep(tmp_path)) == sorted(ours)
    assert {path for path in tmp_path.iterdir() if path.is_file()} == set(others)
    assert sweep(tmp_path) == []


def test_links_and_pipes_are_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(TEXT)
    (tmp_path / "kubeconfig1").symlink_to(elsewhere)
    (tmp_path / "kubeconfig2").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "kubeconfig3")

    assert sweep(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 4


def test_files_of_another_user_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kubeconfig1").write_text(TEXT)
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)

    assert sweep(tmp_path) == []


def test_a_file_that_cannot_be_read_keeps_no_other_from_going(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Mode 000, say, of this user, who is not root."""
    bad, good = tmp_path / "kubeconfig1", [tmp_path / "kubeconfig0", tmp_path / "kubeconfig2"]
    for path in (bad, *good):
        path.write_text(TEXT)
    open_ = os.open

    def refuse(path: Path, flags: int) -> int:
        if path == bad:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return open_(path, flags)

    monkeypatch.setattr(os, "open", refuse)
    assert sorted(sweep(tmp_path)) == good
    assert sweep(tmp_path) == []
    assert capsys.readouterr().err == f"{bad} stays: Permission denied\n"


def test_a_directory_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep(tmp_path / "gone") == []
    assert capsys.readouterr().err == f"{tmp_path / 'gone'} cannot be read: No such file or directory\n"


@pytest.mark.parametrize(
    "busy", [TimeoutError("timed out"), OSError(errno.EMFILE, "Too many open files"), OSError(errno.EADDRNOTAVAIL, "")]
)
def test_only_a_refused_connection_is_the_end(busy: OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeper, "_AFTER_THE_END", 0.0)
    left = tmp_path / "kubeconfig1"
    answers: list[OSError] = [busy, busy, ConnectionRefusedError()]

    def connect(*_: object, **__: object) -> socket.socket:
        # What comes while it is busy is swept, too.
        left.write_text(TEXT)
        raise answers.pop(0)

    monkeypatch.setattr(socket, "create_connection", connect)
    swept = list[list[Path]]()
    monkeypatch.setattr(sweeper, "sweep", lambda directory: swept.append(sweep(directory)))
    sweeper.sweep_until_the_end("127.0.0.1:9", tmp_path)
    assert (answers, swept) == ([], [[left], [left]])


@pytest.fixture
def engine() -> Iterator[socket.socket]:
    """What listens where an engine would."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_it_sweeps_as_long_as_the_engine_listens_and_then_ends(engine: socket.socket, tmp_path: Path) -> None:
    left, during, after = (tmp_path / f"kubeconfig{number}" for number in range(3))
    left.write_text(TEXT)
    command = [sys.executable, "-I", "-S", sweeper.__file__, f"127.0.0.1:{engine.getsockname()[1]}", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        gone(left)
        during.write_text(TEXT)
        gone(during)
        assert process.poll() is None
        engine.close()
        # A provider that is still writing when its engine has been killed.
        after.write_text(TEXT)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, b"")
    assert list(tmp_path.iterdir()) == []


def gone(path: Path) -> None:
    """Wait until there is no `path`."""
    end = time.monotonic() + 30
    while path.exists():
        assert time.monotonic() < end, f"{path} is still there"
        time.sleep(0.02)
