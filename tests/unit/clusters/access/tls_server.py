"""A server that answers everything with one answer, over TLS if it has a certificate, and notes what it was asked."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import trustme

# A list of nothing, of whatever kind was asked for.
NOTHING = b'{"kind": "List", "metadata": {}, "items": []}'


class Answer(NamedTuple):
    """What is answered.

    Attributes:
        code: The HTTP status code.
        body: The body.
        type: The content type.
    """

    code: int = 200
    body: bytes = NOTHING
    type: str = "application/json"


# The connection is reset instead, as a load balancer does that has forgotten it.
RESET = Answer(0, b"")


class Asked(NamedTuple):
    """A running server.

    Attributes:
        url: Its URL.
        headers: The headers of every request so far.
    """

    url: str
    headers: list[Message]


@contextmanager
def server(*answers: Answer, certificate: Path | None = None) -> Iterator[Asked]:
    """Answer with `answers` in turn, and with the last one from then on.

    Args:
        answers: What to answer; a list of nothing where there is none.
        certificate: A PEM file with a certificate and its key; plain HTTP without.
    """
    waiting = list(answers or [Answer()])
    headers: list[Message] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers.append(self.headers)
            answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            if answer == RESET:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                os.close(self.connection.detach())
                self.close_connection = True
                return
            self.send_response(answer.code)
            self.send_header("Content-Type", answer.type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Say nothing on standard error."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Clients that refuse the certificate are what is tested."""

    with Quiet(("127.0.0.1", 0), Answers) as running:
        scheme = "http"
        if certificate:
            scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            # Handshakes belong to the thread of the connection: one that fails must not end the server.
            running.socket = context.wrap_socket(running.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Asked(f"{scheme}://127.0.0.1:{running.server_address[1]}", headers)
        finally:
            running.shutdown()
            thread.join()


def certified(file: Path, name: str, days: int = 1) -> bytes:
    """Write a certificate for `name` and its key to `file`; return the PEM of its authority, which has no other.

    Args:
        file: Where to.
        name: The host name or address it is for.
        days: How long it is valid from now; it has expired if negative.
    """
    authority = trustme.CA()
    issued = authority.issue_cert(name, not_after=datetime.now(UTC) + timedelta(days=days))
    file.write_bytes(issued.private_key_and_cert_chain_pem.bytes())
    return authority.cert_pem.bytes()
