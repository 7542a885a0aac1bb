"""Free ports of the loopback interface."""

from __future__ import annotations

import socket
from contextlib import ExitStack

_PORTS = 65536


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that nothing listens on at 127.0.0.1."""
    # All are bound before any is closed: the kernel may hand out a closed one again at once.
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def free_ports_apart(distance: int) -> tuple[int, int]:
    """Return two ports that nothing listens on at 127.0.0.1, the second `distance` above the first."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            low = first.getsockname()[1]
            if low + distance >= _PORTS:
                continue
            try:
                second.bind(("127.0.0.1", low + distance))
            except OSError:
                continue  # taken
            return low, low + distance
