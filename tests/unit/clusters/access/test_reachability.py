"""Whether a server answers."""

from __future__ import annotations

import asyncio
import socket

import pytest

from slicewise.clusters.access import reachability as reach


def test_a_server_that_listens_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        assert asyncio.run(reach.unreachable(url)) is None


def test_a_closed_port_is_refused() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{bound.getsockname()[1]}"
        assert "refused" in str(asyncio.run(reach.unreachable(url))).lower()


def test_a_server_that_does_not_accept_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "TIMEOUT_SECONDS", 0.2)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        # The one place in the backlog is taken, so further connections are not completed.
        with socket.socket() as first, socket.socket() as second:
            for taken in (first, second):
                taken.settimeout(0)
                taken.connect_ex(address)
            reason = asyncio.run(reach.unreachable(f"https://127.0.0.1:{address[1]}"))
    assert reason == "no answer in 0 s"


@pytest.mark.parametrize("error", [ConnectionResetError, BrokenPipeError, TimeoutError])
def test_a_connection_that_ends_badly_was_an_answer(monkeypatch: pytest.MonkeyPatch, error: type[OSError]) -> None:
    """A server or a balancer resets at once; whether that is seen at the close is a matter of microseconds."""

    async def wait_closed(_: asyncio.StreamWriter) -> None:
        raise error

    monkeypatch.setattr(asyncio.StreamWriter, "wait_closed", wait_closed)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        assert asyncio.run(reach.unreachable(url)) is None


@pytest.mark.parametrize("url", ["https://127.0.0.1:99999", "https://127.0.0.1:port"])
def test_what_is_no_url(url: str) -> None:
    assert asyncio.run(reach.unreachable(url)) is not None
