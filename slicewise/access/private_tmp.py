"""Run a command with a temporary directory that only this user can read, and that goes when the command has ended.

    python3 slicewise/access/private_tmp.py pulumi destroy

What it and its children leave there (the provider's kubeconfigs, logs of `pulumi -v=9`) goes, too. If this process is
killed, a guard removes the directory as soon as the command and all that it started have ended; if the guard is killed
as well, the next run does it. The standard library is all that it needs.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

_PREFIX: Final = "slicewise-tmp-"
_UNFINISHED: Final = "slicewise-new-"
_FORWARDED: Final = (signal.SIGTERM, signal.SIGHUP)
_TRIES: Final = 10


@dataclass(frozen=True, slots=True)
class PrivateTmp:
    """A temporary directory of mode 0700.

    Attributes:
        path: Where it is.
        lock: A descriptor that the processes that use it must inherit (`pass_fds`): it counts as used while one lives.
    """

    path: Path
    lock: int


@contextmanager
def private_tmp(parent: Path) -> Iterator[PrivateTmp]:
    """Make a directory in `parent`, and remove it at the end of the block or, after a kill, of what inherited the lock.

    Directories that killed runs have left in `parent` are removed first.

    Raises:
        OSError: a directory cannot be made or removed.
    """
    remove_abandoned(parent)
    # It gets its name when it is locked: one without a lock is for everybody to remove.
    unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=parent.resolve()))
    lock = os.open(unfinished, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = unfinished.rename(unfinished.with_name(unfinished.name.replace(_UNFINISHED, _PREFIX)))
        guard = _start_guard(path)
        try:
            yield PrivateTmp(path, lock)
        finally:
            guard.kill()
            guard.wait()
            _remove(path)
    finally:
        os.close(lock)


def remove_abandoned(parent: Path) -> None:
    """Remove the directories in `parent` that no process uses any more.

    Raises:
        OSError: `parent` cannot be read, or such a directory not be removed.
    """
    with os.scandir(parent) as entries:
        found = [Path(entry.path) for entry in entries if entry.name.startswith(_PREFIX)]
    for path in found:
        _remove_unused(path, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remove_unused(path: Path, how: int) -> None:
    """Lock a directory of this user, and remove it; one that is locked already is left alone with LOCK_NB."""
    try:
        if path.lstat().st_uid != os.geteuid():
            return
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        with suppress(BlockingIOError):
            fcntl.flock(lock, how)
            _remove(path)
    finally:
        os.close(lock)


def _remove(path: Path) -> None:
    # An orphan may go on writing while the directory is being emptied.
    for _ in range(_TRIES):
        shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        shutil.rmtree(path)


def _start_guard(path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - this script
        [sys.executable, "-I", "-S", __file__, "--guard", str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def run(command: Sequence[str]) -> int:
    """Run `command` with a private TMPDIR, and return its exit code: 128 and its number, if a signal ended it."""
    with private_tmp(Path(tempfile.gettempdir())) as private:
        environment = os.environ | {"TMPDIR": str(private.path)}
        # The terminal sends Ctrl-C to the command, too, which decides what comes of it. A handler, because the command
        # would inherit that a signal is ignored.
        signal.signal(signal.SIGINT, lambda *_: None)
        running: list[subprocess.Popen[bytes]] = []
        early: list[int] = []

        def forward(number: int, _: FrameType | None) -> None:
            if running:
                running[0].send_signal(number)
            else:
                early.append(number)

        for number in _FORWARDED:
            signal.signal(number, forward)
        with subprocess.Popen(  # noqa: S603 - what this is for
            command, env=environment, pass_fds=[private.lock]
        ) as process:
            running.append(process)
            for signalled in early:
                process.send_signal(signalled)
            code = process.wait()
    return code if code >= 0 else 128 - code


def main() -> int:
    """Guard a directory, or run a command."""
    if sys.argv[1:2] == ["--guard"]:
        _remove_unused(Path(sys.argv[2]), fcntl.LOCK_EX)
        return 0
    if not sys.argv[1:]:
        sys.exit(f"usage: {sys.argv[0]} COMMAND [ARGUMENT ...]")
    if not shutil.which(sys.argv[1]):
        sys.exit(f"error: {sys.argv[1]} is not a command on PATH")
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
