"""Directories that take long to make, and are kept until what decides them changes."""

from __future__ import annotations

import fcntl
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_UNFINISHED = "unfinished"


def kept_directory(directory: Path, decided_by: str, make: Callable[[Path], None]) -> Path:
    """Return a directory that `make` has made; the first of several processes that ask makes it for all.

    Args:
        directory: Where it is kept, and nothing else; it may not exist yet.
        decided_by: A name for what decides it, such as a hash. What was made by another name goes.
        make: Makes a directory at the path that it gets. What it leaves when it fails goes with the next attempt.
    """
    directory.mkdir(parents=True, exist_ok=True)
    made = directory / decided_by
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            for other in directory.iterdir():
                if other.is_dir():
                    shutil.rmtree(other)
            make(directory / _UNFINISHED)
            (directory / _UNFINISHED).rename(made)
    return made
