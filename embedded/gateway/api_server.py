"""The API server over plain HTTPS, from any thread.

lightkube is not used here: with pods that two threads decode at once for the first time, msgspec crashes the process.
"""

from __future__ import annotations

import http.client
import json
import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from embedded.control_plane import ControlPlane
    from embedded.manifest_files import Manifest


class ApiServer:
    """How to reach the API server of a control plane."""

    def __init__(self, plane: ControlPlane) -> None:
        self._host = urlsplit(plane.server).netloc
        self._trusted = ssl.create_default_context(cadata=plane.authority())
        self._headers = {"Authorization": f"Bearer {plane.token()}"}

    def connection(self) -> http.client.HTTPSConnection:
        """Return a connection that is not open yet, without credentials."""
        return http.client.HTTPSConnection(self._host, context=self._trusted)

    def pod(self, namespace: str, name: str) -> Manifest | None:
        """Return a pod; None if there is no such pod.

        Raises:
            OSError: The API server cannot be reached.
            HTTPException: Its answer is not HTTP, or not the pod.
        """
        connection = self.connection()
        try:
            connection.request("GET", f"/api/v1/namespaces/{namespace}/pods/{name}", headers=self._headers)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status == HTTPStatus.NOT_FOUND:
            return None
        if response.status != HTTPStatus.OK:
            raise http.client.HTTPException(f"pod {namespace}/{name}: {response.status} {response.reason}")
        found: Manifest = json.loads(body)
        return found
