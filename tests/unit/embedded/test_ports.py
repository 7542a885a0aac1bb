"""Ports for servers that start later, while other processes ask the kernel for free ones."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from embedded.ports import free_ports, free_ports_apart

COUNT = 40


def given_to_others() -> set[int]:
    """Return the ports that many servers get which take any that is free."""
    with ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(5 * COUNT)]
        return {each.getsockname()[1] for each in servers}


def test_nobody_else_gets_one_who_asks_for_any() -> None:
    ports = set(free_ports(COUNT)) | set(free_ports_apart(8000))
    assert len(ports) == COUNT + 2
    for _ in range(20):
        assert ports.isdisjoint(given_to_others())


def test_a_server_may_listen_and_begin_again() -> None:
    low, high = free_ports_apart(8000)
    assert high == low + 8000
    for port in (low, high):
        for _ in range(2):
            with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
                pass
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


def test_what_somebody_listens_on_is_not_given() -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(COUNT)]
        assert {each.getsockname()[1] for each in servers}.isdisjoint(free_ports(COUNT))
