"""A process ends with the one that started it, and not before."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from embedded import launch
from embedded.deadlines import wait_until
from embedded.errors import ControlPlaneError
from embedded.processes import Process

SHELL = Path("/bin/sh")
SECONDS = 300


def check(process: Process) -> bool:
    process.check()
    return False


def test_survives_the_thread_that_started_it(tmp_path: Path) -> None:
    started: list[Process] = []

    def sleeps() -> bool:
        return Path(f"/proc/{started[0].pid}/comm").read_text() == "sleep\n"

    def start() -> None:
        started.append(Process(SHELL, ["-c", "exec sleep 600"], tmp_path))
        # Only then has it told the kernel when it is to be killed.
        wait_until("it sleeps", sleeps, SECONDS)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    with started[0] as process:
        time.sleep(0.3)  # nothing to wait for: the point is that nothing happens
        process.check()
        assert sleeps()


def test_stop_kills_what_ignores_the_request_to_end(tmp_path: Path) -> None:
    script = "trap '' TERM; echo ready; exec sleep 600"
    with Process(SHELL, ["-c", script], tmp_path) as process:
        wait_until("trap set", lambda: "ready" in process.log.read_text(), seconds=SECONDS)
        process.stop(seconds=0.2)
        with pytest.raises(ControlPlaneError, match="sh ended with exit code -9"):
            process.check()


def test_error_of_an_early_end_has_the_tail_of_the_log_only(tmp_path: Path) -> None:
    script = "for i in 1 2 3 4 5; do echo old; done; for i in $(seq 19); do echo new; done; echo the reason; exit 7"
    with Process(SHELL, ["-c", script], tmp_path) as process:
        with pytest.raises(ControlPlaneError, match="sh ended with exit code 7") as raised:
            wait_until("its end", partial(check, process), seconds=SECONDS)
        assert str(raised.value).endswith("new\nthe reason")
        assert "old" not in str(raised.value)


def test_a_killed_process_starts_again_and_continues_its_log(tmp_path: Path) -> None:
    with Process(SHELL, ["-c", "echo started as $$; exec sleep 600"], tmp_path) as process:
        wait_until("start", lambda: f"started as {process.pid}" in process.log.read_text(), seconds=SECONDS)
        first = process.pid
        process.kill()
        with pytest.raises(ControlPlaneError, match="sh ended with exit code -9"):
            process.check()
        process.restart()
        assert process.pid != first
        wait_until("start", lambda: f"started as {process.pid}" in process.log.read_text(), seconds=SECONDS)
        assert f"started as {first}" in process.log.read_text()


def test_waiting_for_readiness_ends_with_the_process(tmp_path: Path) -> None:
    with (
        Process(SHELL, ["-c", "echo bad flag; exit 2"], tmp_path, ready=lambda: False) as process,
        pytest.raises(ControlPlaneError, match=r"sh ended with exit code 2(.|\n)*bad flag$"),
    ):
        process.wait_ready()


def test_launcher_runs_nothing_when_its_parent_died_before_it_asked() -> None:
    somebody_else = str(os.getppid())
    command = [sys.executable, launch.__file__, somebody_else, str(SHELL), "-c", "echo ran"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (1, "")
    assert f"the parent process {somebody_else} is gone" in run.stderr
