"""The API server as a gateway's controller sees it: EndpointSlices lead to stub engines, all else is as it is."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from embedded.probes import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedded.gateway.api_server import ApiServer
    from embedded.gateway.pod_addresses import PodAddresses

_SLICES = "/apis/discovery.k8s.io/v1/endpointslices"
# What concerns one connection; Accept-Encoding, because slices are read on their way.
_NOT_PASSED_ON = {"host", "connection", "accept-encoding", "content-length", "transfer-encoding"}
_BLOCK = 65536


@contextmanager
def serve_endpoint_view(api: ApiServer, certificate: Path, port: int, addresses: PodAddresses) -> Iterator[None]:
    """Serve it on loopback until the end of the `with` block; clients authenticate as they do to the API server.

    Args:
        api: The API server.
        certificate: What the view shows; its key is beside it, in `tls.key`.
        port: Where the view listens.
        addresses: Where pods' addresses lead.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("tls.key"))
    with _View(api, context, port, addresses) as view:
        thread = threading.Thread(target=view.serve_forever, name="endpoint-view", daemon=True)
        thread.start()
        try:
            yield
        finally:
            view.shutdown()
            thread.join()


class _View(ThreadingHTTPServer):
    # Watches last until the API server ends them.
    daemon_threads = True

    def __init__(self, api: ApiServer, context: ssl.SSLContext, port: int, addresses: PodAddresses) -> None:
        super().__init__((HOST, port), _Request)
        # The handshake is left to the connection's thread: here it would hold up all others.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.api = api
        self.addresses = addresses


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        view = cast("_View", self.server)
        about_slices = urlsplit(self.path).path == _SLICES
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
        if about_slices:
            headers["Accept"] = "application/json"
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
        connection = view.api.connection()
        try:
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            self.send_response(response.status)
            for name, value in response.getheaders():
                if name.lower() not in _NOT_PASSED_ON:
                    self.send_header(name, value)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            # A list is one line; a watch has a line for each event.
            blocks = map(self._led, response) if about_slices else iter(lambda: response.read1(_BLOCK), b"")
            for block in blocks:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(block), block))
            self.wfile.write(b"0\r\n\r\n")
        except (OSError, http.client.HTTPException):
            self.close_connection = True  # one of the two is gone; the other sees an answer without an end
        finally:
            connection.close()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - names that http.server looks for

    def _led(self, line: bytes) -> bytes:
        addresses = cast("_View", self.server).addresses
        document = json.loads(line)
        for endpoint_slice in document.get("items") or []:
            addresses.lead(endpoint_slice)
        match document:
            case {"type": "ADDED" | "MODIFIED", "object": endpoint_slice}:
                addresses.lead(endpoint_slice)
            case {"type": "DELETED", "object": endpoint_slice}:
                addresses.forget(endpoint_slice)
        return json.dumps(document).encode() + b"\n"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parameter's name in the base class
        """Say nothing: Contour's log has what went wrong."""
