"""A temporary directory that goes, whichever of the processes that have to do with it is killed."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from slicewise.clusters.access import temporary_directory as module
from slicewise.clusters.access.temporary_directory import private_tmp, remove_abandoned

ROOT = Path(module.__file__).parents[3]
SECRET = "canary-3e"  # noqa: S105 - planted
# Leaves a file as a provider does, says its process id, and waits until it is told to end.
LEAVES = f"""
import os, sys, tempfile
with open(tempfile.mkstemp(prefix="kubeconfig")[1], "w") as file:
    file.write("{SECRET}")
print(os.getpid(), tempfile.gettempdir(), flush=True)
sys.stdin.read()
"""


# Root may do everything in every directory, unless it gives up CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH.
AS_ANYBODY = """
import ctypes, os, sys
for capability in (1, 2):
    ctypes.CDLL(None).prctl(24, capability)
os.execv(sys.argv[1], sys.argv[1:])
"""


def start(parent: Path, *command: str) -> subprocess.Popen[str]:
    """Start a command with a private directory in `parent`."""
    return subprocess.Popen(
        [sys.executable, "-c", AS_ANYBODY, sys.executable, module.__file__, *command],
        env=os.environ | {"TMPDIR": str(parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def started(process: subprocess.Popen[str]) -> tuple[int, Path]:
    """Return the process id of the command, and its temporary directory."""
    assert process.stdout
    pid, directory = process.stdout.readline().split()
    return int(pid), Path(directory)


def emptied(parent: Path) -> None:
    """Wait until nothing is in `parent`."""
    end = time.monotonic() + 30
    while list(parent.iterdir()):
        assert time.monotonic() < end, list(parent.iterdir())
        time.sleep(0.02)


def test_the_directory_is_private_and_goes_with_what_is_in_it(tmp_path: Path) -> None:
    with start(tmp_path, sys.executable, "-c", LEAVES) as process:
        _, directory = started(process)
        assert directory.parent == tmp_path
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert [file.read_text() for file in directory.iterdir()] == [SECRET]
        process.communicate("")
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("script", "code"), [("exit 7", 7), ("kill -9 $$", 137)])
def test_the_exit_code_is_the_commands(script: str, code: int, tmp_path: Path) -> None:
    with start(tmp_path, "sh", "-c", script) as process:
        process.communicate()
    assert process.returncode == code
    assert list(tmp_path.iterdir()) == []


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    with start(tmp_path, "pulumi-that-nobody-has", "up") as process:
        _, errors = process.communicate()
    assert process.returncode == 1
    assert errors == "error: pulumi-that-nobody-has is not a command on PATH\n"


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        ("#!/nowhere/sh\n", 0o755, "cannot be executed: the program in its first line is not there"),
        ("\0", 0o755, "cannot be executed: Exec format error"),
        ("#!/bin/sh\n", 0o644, "is not an executable file"),
    ],
)
def test_a_file_that_cannot_be_executed(content: str, mode: int, said: str, tmp_path: Path) -> None:
    file, parent = tmp_path / "file", tmp_path / "tmp"
    parent.mkdir()
    file.write_text(content)
    file.chmod(mode)
    with start(parent, str(file)) as process:
        _, errors = process.communicate()
    assert (process.returncode, errors) == (1, f"error: {file} {said}\n")
    assert list(parent.iterdir()) == []


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    # Python takes the next directory for its temporary files where this one cannot be written to, such as /tmp.
    script = f"""
import sys, tempfile
sys.path.insert(0, {str(ROOT)!r})
tempfile.tempdir = {str(tmp_path / "gone")!r}
from slicewise.clusters.access import temporary_directory as private_tmp
sys.exit(private_tmp.main())
"""
    run = subprocess.run([sys.executable, "-c", script, "true"], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == "error: no private directory can be made: No such file or directory"


LOCKED = "mkdir -p $TMPDIR/a/b; touch $TMPDIR/a/b/file; chmod {mode} $TMPDIR/a/b $TMPDIR/a"


@pytest.mark.parametrize("script", [LOCKED.format(mode=555), LOCKED.format(mode=0), "chmod 0 $TMPDIR"])
def test_what_the_command_may_not_write_to_goes(script: str, tmp_path: Path) -> None:
    with start(tmp_path, "sh", "-c", f"{script}; exit 3") as process:
        _, errors = process.communicate()
    assert (process.returncode, errors) == (3, "")
    assert list(tmp_path.iterdir()) == []


def test_of_killed_runs_too(tmp_path: Path) -> None:
    # As Go's module cache is: its directories are read-only.
    for mode in (0o555, 0):
        left = tmp_path / f"slicewise-tmp-{mode}"
        (left / "a").mkdir(parents=True)
        (left / "a" / "file").touch()
        (left / "a").chmod(mode)
        left.chmod(mode)
    with start(tmp_path, "sh", "-c", "exit 4") as process:
        _, errors = process.communicate()
    assert (process.returncode, errors) == (4, "")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_removed_stops_nothing(tmp_path: Path) -> None:
    """A mount, say, or a file of root's that `docker` has left."""
    left = tmp_path / "slicewise-tmp-left"
    left.mkdir()
    script = f"""
import errno, shutil, sys
sys.path.insert(0, {str(ROOT)!r})
def rmtree(path, ignore_errors=False):
    if not ignore_errors:
        raise OSError(errno.EBUSY, "Device or resource busy", str(path))
shutil.rmtree = rmtree
from slicewise.clusters.access import temporary_directory as private_tmp
sys.exit(private_tmp.main())
"""
    run = subprocess.run(
        [sys.executable, "-c", script, "sh", "-c", "echo $TMPDIR; exit 5"],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 5
    ending = "cannot be removed; remove it by hand, for it may hold credentials: Device or resource busy"
    assert run.stderr.splitlines() == [f"warning: {path} {ending}" for path in (left, run.stdout.strip())]


def test_a_signal_to_end_reaches_the_command(tmp_path: Path) -> None:
    with start(tmp_path, sys.executable, "-c", LEAVES) as process:
        started(process)
        process.terminate()
        # What is closed ends the command, too.
        assert process.wait(30) == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_is_the_commands_to_answer(tmp_path: Path) -> None:
    # It reaches both, and the command takes its time, as `pulumi` does with what it has begun.
    slow = """
trap 'sleep 0.3; echo $TMPDIR/*; exit 3' INT
touch $TMPDIR/file
echo $$ $TMPDIR
while :; do sleep 0.05; done
"""
    with start(tmp_path, "bash", "-c", slow) as process:
        pid, _ = started(process)
        process.send_signal(signal.SIGINT)
        os.kill(pid, signal.SIGINT)
        assert process.wait(30) == 3
        assert process.stdout
        output = process.stdout.read()
    assert output.strip().endswith("/file")
    assert list(tmp_path.iterdir()) == []


def test_killed_it_goes_when_the_command_has_ended(tmp_path: Path) -> None:
    with start(tmp_path, sys.executable, "-c", LEAVES) as process:
        pid, directory = started(process)
        process.kill()
        process.wait()
        # The command is at work still, and needs it.
        time.sleep(0.3)
        assert list(directory.iterdir())
        os.kill(pid, signal.SIGKILL)
        emptied(tmp_path)
        process.communicate()


def test_what_the_command_started_counts_too(tmp_path: Path) -> None:
    # `pulumi` killed, its provider still there; both have inherited what says that the directory is used.
    script = f"exec 7<&0; {sys.executable} -c '{LEAVES}' <&7 & wait"
    with start(tmp_path, "bash", "-c", script) as process:
        pid, directory = started(process)
        parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
        for each in (process.pid, int(parent)):
            os.kill(each, signal.SIGKILL)
        process.wait()
        time.sleep(0.3)
        assert list(directory.iterdir())
        os.kill(pid, signal.SIGKILL)
        emptied(tmp_path)
        process.communicate()


def test_the_next_run_removes_what_a_killed_guard_left(tmp_path: Path) -> None:
    with start(tmp_path, sys.executable, "-c", LEAVES) as process:
        pid, directory = started(process)
        (guard,) = [child for child in children(process.pid) if child != pid]
        for each in (guard, process.pid):
            os.kill(each, signal.SIGKILL)
        process.wait()
        # Used: by the command.
        remove_abandoned(tmp_path)
        assert list(directory.iterdir())
        os.kill(pid, signal.SIGKILL)
        process.communicate()
    assert list(tmp_path.iterdir()) == [directory]
    with private_tmp(tmp_path) as private:
        assert list(tmp_path.iterdir()) == [private.path]
    assert list(tmp_path.iterdir()) == []


def test_directories_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").touch()
    (tmp_path / "slicewise-tmp-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "slicewise-tmp-file").touch()
    before = sorted(tmp_path.rglob("*"))

    with private_tmp(tmp_path):
        pass

    assert sorted(tmp_path.rglob("*")) == before


def children(pid: int) -> list[int]:
    """Return the processes that `pid` has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
