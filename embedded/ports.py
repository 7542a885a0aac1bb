"""Ports of the loopback interface that are this process's own for as long as it lives."""

from __future__ import annotations

import atexit
import socket
from contextlib import ExitStack, suppress

_PORTS = 65536
# A port that is merely free now goes to whichever process asks for a free one next. So each stays bound here, and the
# kernel gives it to nobody who asks for any; with SO_REUSEADDR a server of ours may listen on it all the same, since
# this socket does not listen (socket(7)).
_kept = ExitStack()
atexit.register(_kept.close)


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that nothing listens on at 127.0.0.1.

    Until this process ends they are free for servers that set SO_REUSEADDR, as Go, Envoy and `http.server` do: for one
    that starts late, and for one that starts again.
    """
    return [_keep(0) for _ in range(count)]


def free_ports_apart(distance: int) -> tuple[int, int]:
    """Return two such ports, the second `distance` above the first."""
    while True:
        low = _keep(0)
        if low + distance < _PORTS:
            with suppress(OSError):  # taken
                return low, _keep(low + distance)


def _keep(port: int) -> int:
    """Bind `port`, or any if it is 0, and return its number.

    Raises:
        OSError: somebody has it.
    """
    with ExitStack() as unless_kept:
        bound = unless_kept.enter_context(socket.socket())
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        _kept.push(unless_kept.pop_all())
    return int(bound.getsockname()[1])
