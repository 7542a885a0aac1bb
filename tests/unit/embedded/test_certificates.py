"""Certificates of servers on this machine."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

from embedded.certificates import write_certificate


def test_a_client_that_has_the_file_as_its_authority_trusts_the_server(tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path / "server")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, certificate.parent / "tls.key")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            with serving.wrap_socket(listening.accept()[0], server_side=True) as accepted:
                accepted.sendall(b"hello")

        thread = threading.Thread(target=answer)
        thread.start()
        trusting = ssl.create_default_context(cafile=str(certificate))
        with (
            socket.create_connection(listening.getsockname(), timeout=10) as plain,
            trusting.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
        ):
            assert secured.recv(5) == b"hello"
        thread.join()


def test_nobody_else_can_read_the_key(tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path / "server")
    assert (certificate.parent / "tls.key").stat().st_mode & 0o777 == 0o600
