"""Run a command with a temporary directory that only this user can read, and that goes when the command has ended.

    python3 slicewise/clusters/access/temporary_directory.py pulumi destroy

What it and its children leave there (the provider's kubeconfigs, logs of `pulumi -v=9`) goes, too. If this process is
killed, a guard removes the directory as soon as the command and all that it started have ended; if the guard is killed
as well, the next run does it. The standard library is all that it needs.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

_PREFIX: Final = "slicewise-tmp-"
_UNFINISHED: Final = "slicewise-new-"
_FORWARDED: Final = (signal.SIGTERM, signal.SIGHUP)
_TRIES: Final = 10
_STAYS: Final = "{} cannot be removed; remove it by hand, for it may hold credentials"


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

    Directories that killed runs have left in `parent` are removed first. What cannot be removed is said on standard
    error.

    Raises:
        OSError: the directory cannot be made.
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
            with _saying(_STAYS.format(path)):
                _remove(path)
    finally:
        os.close(lock)


def remove_abandoned(parent: Path) -> None:
    """Remove the directories in `parent` that no process uses any more; what cannot be removed is said and stays."""
    found = []
    with _saying(f"{parent} cannot be searched for what killed runs have left"), os.scandir(parent) as entries:
        found = [Path(entry.path) for entry in entries if entry.name.startswith(_PREFIX)]
    for path in found:
        with _saying(_STAYS.format(path)):
            _remove_unused(path, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def _saying(what: str) -> Iterator[None]:
    """Go on after an error, and say it: what a command did counts for more than what it left."""
    try:
        yield
    except OSError as error:
        print(f"warning: {what}: {error.strerror}", file=sys.stderr)  # noqa: T201 - of a script


def _remove_unused(path: Path, how: int) -> None:
    """Lock a directory of this user, and remove it; one that is locked already is left alone with LOCK_NB."""
    try:
        status = path.lstat()
        if status.st_uid != os.geteuid() or not stat.S_ISDIR(status.st_mode):
            return
        if not status.st_mode & stat.S_IRUSR:
            path.chmod(stat.S_IRWXU)
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(lock, how)
        _remove(path)
    except BlockingIOError:
        return  # used
    finally:
        os.close(lock)


def _remove(path: Path) -> None:
    # A child that outlived `pulumi` may still write while the directory is emptied. The last try raises what is wrong.
    for _ in range(_TRIES):
        shutil.rmtree(path, ignore_errors=True)
        if not os.path.lexists(path):
            return
        _make_writable(path)
    shutil.rmtree(path)


def _make_writable(directory: Path) -> None:
    """Let this user empty `directory` and all below it, whatever modes a command gave them."""
    below = [directory]
    while below:
        here = below.pop()
        try:
            here.chmod(stat.S_IRWXU)
            with os.scandir(here) as entries:
                below += [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            continue  # another user's, or gone: removing it says so


def _start_guard(path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - this script
        [sys.executable, "-I", "-S", __file__, "--guard", str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def run_command(command: Sequence[str]) -> int:
    """Run `command` with a private TMPDIR, and return its exit code: 128 and its number, if a signal ended it.

    Raises:
        OSError: the private directory cannot be made.
        SystemExit: the command cannot be executed.
    """
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
        with _start(command, environment, private.lock) as process:
            running.append(process)
            for signalled in early:
                process.send_signal(signalled)
            code = process.wait()
    return code if code >= 0 else 128 - code


def _start(command: Sequence[str], environment: Mapping[str, str], lock: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command, env=environment, pass_fds=[lock])  # noqa: S603 - what this is for
    except OSError as error:
        # Python names the script where the program in its first line is what is not there.
        which = "the program in its first line is not there" if error.errno == errno.ENOENT else error.strerror
        sys.exit(f"error: {command[0]} cannot be executed: {which}")


def main() -> int:
    """Guard a directory, or run a command."""
    if sys.argv[1:2] == ["--guard"]:
        _remove_unused(Path(sys.argv[2]), fcntl.LOCK_EX)
        return 0
    if not sys.argv[1:]:
        sys.exit(f"usage: {sys.argv[0]} COMMAND [ARGUMENT ...]")
    if not shutil.which(sys.argv[1]):
        is_path = os.sep in sys.argv[1] and Path(sys.argv[1]).exists()
        sys.exit(f"error: {sys.argv[1]} is not {'an executable file' if is_path else 'a command on PATH'}")
    try:
        return run_command(sys.argv[1:])
    except OSError as error:
        sys.exit(f"error: no private directory can be made: {error.strerror}")


if __name__ == "__main__":
    sys.exit(main())
