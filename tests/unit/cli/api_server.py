"""An API server that answers what reading a cluster asks, from dicts: enough for the command line, fast and offline."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from tests.loopback import serving_with

SERVICES = "/apis/serving.kserve.io/v1alpha2/llminferenceservices"


def node(name: str, labels: Mapping[str, str], units: Mapping[str, int]) -> dict[str, Any]:
    """Return a Ready node as the API server writes it."""
    allocatable = {"cpu": "224", "memory": "2Ti"} | {resource: str(count) for resource, count in units.items()}
    return {
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": {},
        "status": {"allocatable": allocatable, "conditions": [{"type": "Ready", "status": "True"}]},
    }


@contextmanager
def api_server(
    nodes: Sequence[Mapping[str, Any]],
    *,
    namespaces: Sequence[str] = ("default",),
    forbids: Sequence[str] = (),
    services: Sequence[Mapping[str, Any]] = (),
    uid: str = "",
) -> Iterator[str]:
    """Serve a cluster, and give its URL.

    Args:
        nodes: Its nodes.
        namespaces: Its namespaces.
        forbids: Paths that are answered with 403.
        services: Its LLMInferenceServices.
        uid: The uid of its namespace kube-system, which it has where this is not empty.
    """
    identity = [{"metadata": {"name": "kube-system", "uid": uid}}] if uid else []
    lists: dict[str, list[Any]] = {
        "/api/v1/nodes": list(nodes),
        "/api/v1/pods": [],
        "/api/v1/namespaces": [{"metadata": {"name": name}} for name in namespaces] + identity,
        SERVICES: list(services),
    }

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path in forbids:
                self._answer(403, {"kind": "Status", "code": 403, "message": f"{path} is forbidden for test"})
            elif path in lists:
                self._answer(200, {"kind": "List", "metadata": {}, "items": lists[path]})
            else:
                self._answer(404, {"kind": "Status", "code": 404, "message": "not found"})

        def _answer(self, code: int, body: Mapping[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing on standard error."""

    with serving_with(Answers) as url:
        yield url
