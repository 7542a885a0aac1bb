"""The demo's supervisor is stopped, and never another process that has its number by now."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.demo import supervisor


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """A process that supervises nothing."""
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as process:
        yield process
        process.kill()


def started(pid: int) -> str:
    """Return when a process started, as `ps` and proc(5) have it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def recorded(state: Path, text: str) -> None:
    (state / "supervisor.pid").write_text(text)
    (state / "ready").touch()


def test_one_that_runs_is_stopped(tmp_path: Path, other: subprocess.Popen[bytes]) -> None:
    recorded(tmp_path, f"{other.pid} {started(other.pid)}")
    assert supervisor.is_running(tmp_path)
    assert supervisor.stop(tmp_path)
    assert other.wait(10) == -signal.SIGTERM
    assert not supervisor.is_running(tmp_path)
    assert not supervisor.stop(tmp_path)


def test_one_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_STOP_SECONDS", 0.2)
    script = "trap '' TERM; echo ready; while :; do sleep 1; done"
    with subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE) as deaf:
        assert deaf.stdout
        assert deaf.stdout.readline() == b"ready\n"
        recorded(tmp_path, f"{deaf.pid} {started(deaf.pid)}")
        assert supervisor.stop(tmp_path)
        assert deaf.wait(10) == -signal.SIGKILL


def test_one_that_has_ended_and_was_not_waited_for_does_not_run(tmp_path: Path, other: subprocess.Popen[bytes]) -> None:
    recorded(tmp_path, f"{other.pid} {started(other.pid)}")
    os.kill(other.pid, signal.SIGKILL)
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    assert not supervisor.is_running(tmp_path)
    assert not supervisor.stop(tmp_path)


def test_a_process_that_has_its_number_by_now_is_left_alone(tmp_path: Path, other: subprocess.Popen[bytes]) -> None:
    recorded(tmp_path, f"{other.pid} {int(started(other.pid)) - 1}")
    assert not supervisor.is_running(tmp_path)
    assert not supervisor.stop(tmp_path)
    assert other.poll() is None


# -1 is everybody's number to kill(2), and 0 that of one's own group.
@pytest.mark.parametrize("text", ["", "supervisor", "-1 1", "0 1", "4194304", "99999999999999 1", "4194304 1", "é"])
def test_a_file_that_names_no_process(tmp_path: Path, text: str) -> None:
    recorded(tmp_path, text)
    assert not supervisor.is_running(tmp_path)
    assert not supervisor.stop(tmp_path)


def test_no_file(tmp_path: Path) -> None:
    assert not supervisor.is_running(tmp_path)
    assert not supervisor.stop(tmp_path)
