"""Ask a local server whether it works."""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HOST = "127.0.0.1"
_TIMEOUT_SECONDS = 5


def https_ok(port: int, authority: Path, path: str, headers: Mapping[str, str]) -> bool:
    """Return whether `path` is answered with 200 by a server whose certificate `authority` vouches for."""
    try:
        context = ssl.create_default_context(cafile=authority)
    except OSError:
        return False  # the file is not there, or not written to its end yet
    return _ok(http.client.HTTPSConnection(HOST, port, timeout=_TIMEOUT_SECONDS, context=context), path, headers)


def http_ok(port: int, path: str) -> bool:
    """Return whether `path` is answered with 200."""
    return _ok(http.client.HTTPConnection(HOST, port, timeout=_TIMEOUT_SECONDS), path, {})


def accepts(port: int) -> bool:
    """Return whether something listens."""
    try:
        with socket.create_connection((HOST, port), _TIMEOUT_SECONDS):
            return True
    except OSError:
        return False


def accepts_tls(port: int, authority: Path) -> bool:
    """Return whether something listens with a certificate that `authority` vouches for."""
    try:
        context = ssl.create_default_context(cafile=authority)
        with (
            socket.create_connection((HOST, port), _TIMEOUT_SECONDS) as connection,
            context.wrap_socket(connection, server_hostname=HOST),
        ):
            return True
    except OSError:
        return False


def _ok(connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str]) -> bool:
    try:
        connection.request("GET", path, headers=dict(headers))
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False  # not listening yet
    finally:
        connection.close()
