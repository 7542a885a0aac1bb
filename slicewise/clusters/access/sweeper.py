"""Remove the kubeconfigs that Pulumi's Kubernetes provider writes to the temporary directory, while an engine runs.

The provider writes each kubeconfig to `kubeconfig<number>` when it is configured, for Helm alone, and never removes it
(pulumi-kubernetes, pkg/provider/util.go, writeKubeconfigToFile). Files are known by a mark that Slicewise puts into
every kubeconfig that it hands over, so this removes no other tool's.

Run as a script, with the standard library alone: `sweeper.py ENGINE_ADDRESS DIRECTORY`. It is a process of its own,
because the engine deletes through providers after the program has ended, and because kills end the program, too.
"""

from __future__ import annotations

import os
import re
import socket
import stat
import sys
import time
from functools import cache
from pathlib import Path
from typing import Final

MARK: Final = "slicewise.dev/temporary"
"""Name of the kubeconfig's extension that says: the file with this in it was written by Slicewise's own provider."""
SWEEPER: Final = __file__
"""Path of this script."""

# Go's os.CreateTemp("", "kubeconfig").
_NAME: Final = re.compile(r"kubeconfig[0-9]+")
_LARGEST: Final = 16 * 1024**2
_BETWEEN_SWEEPS: Final = 0.1
# A provider whose engine was killed may still be writing.
_AFTER_THE_END: Final = 2.0
_CONNECT_SECONDS: Final = 5.0


def sweep(directory: Path) -> list[Path]:
    """Remove the marked files in `directory` that belong to this user, and return them.

    What cannot be read or removed stays, and is said on standard error, once: it keeps no other file from going.
    """
    removed = []
    try:
        with os.scandir(directory) as entries:
            found = [Path(entry.path) for entry in entries if _NAME.fullmatch(entry.name)]
    except OSError as error:
        _say_once(f"{directory} cannot be read: {error.strerror}")
        return []
    for path in found:
        try:
            if _is_marked(path):
                path.unlink()
                removed.append(path)
        except FileNotFoundError:
            continue  # another stack's sweeper was faster
        except OSError as error:
            _say_once(f"{path} stays: {error.strerror}")
    return removed


@cache
def _say_once(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 - of a script


def _is_marked(path: Path) -> bool:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_size > _LARGEST:
        return False
    # A link or a pipe may have taken its place.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return MARK.encode() in file.read(_LARGEST)


def sweep_until_the_end(address: str, directory: Path) -> None:
    """Sweep `directory` until nothing listens at `address` (`host:port`), and a little longer."""
    host, _, port = address.rpartition(":")
    while _listens(host, int(port)):
        sweep(directory)
        time.sleep(_BETWEEN_SWEEPS)
    end = time.monotonic() + _AFTER_THE_END
    while time.monotonic() < end:
        sweep(directory)
        time.sleep(_BETWEEN_SWEEPS)


def _listens(host: str, port: int) -> bool:
    # Closed at once: a connection that says nothing would hold up the engine's end.
    try:
        socket.create_connection((host, port), timeout=_CONNECT_SECONDS).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        return True  # too busy to answer, or this machine has no port or descriptor left: no end
    return True


if __name__ == "__main__":
    sweep_until_the_end(sys.argv[1], Path(sys.argv[2]))
