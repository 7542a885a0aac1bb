"""One run at a time in a directory: the others wait."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# NFS locks only what is open for writing, which no directory is; others have no locks at all.
_NO_LOCKS: Final = (errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


@contextmanager
def alone_in(directory: Path, on_wait: Callable[[], None]) -> Iterator[bool]:
    """Lock `directory`, which is made if it is missing and removed again if the block fails; a kill unlocks it, too.

    Yields whether it is locked: some file systems have no locks for directories.

    Args:
        directory: What is locked.
        on_wait: Called before it waits for another run to end.

    Raises:
        OSError: the directory cannot be made or opened.
    """
    while True:
        made = make_directories(directory)
        try:
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # a run that failed has removed what it had made
        try:
            locked = _lock(descriptor, on_wait)
            # The run that it waited for may have failed, and removed what it had made.
            if _is(descriptor, directory):
                yield locked
                return
        except BaseException:
            # Removed while it is locked, so a run that waits for the lock sees that the directory is gone.
            remove_empty(made)
            raise
        finally:
            os.close(descriptor)


def make_directories(folder: Path) -> list[Path]:
    """Make `folder` and what is missing above it, and return what was made, the uppermost first.

    Raises:
        OSError: it cannot be made.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def remove_empty(folders: list[Path]) -> None:
    """Remove what `make_directories` has made, unless something has been put there."""
    for folder in reversed(folders):
        try:
            folder.rmdir()
        except OSError:
            return  # another run uses it by now, and all that is above it


def _lock(descriptor: int, on_wait: Callable[[], None]) -> bool:
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return False
    return True


def _is(descriptor: int, directory: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), directory.stat())
    except FileNotFoundError:
        return False
