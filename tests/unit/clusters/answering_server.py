"""An API server that answers discovery and reviews of rights as Kubernetes does, and notes what it was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import serving_with

EVERYTHING = ({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},)
KSERVE = "serving.kserve.io/v1alpha2"
KINDS: Mapping[str, Sequence[str]] = {KSERVE: ("LLMInferenceService", "LLMInferenceServiceConfig")}
_AUTHORIZATION = "/apis/authorization.k8s.io/v1"


@dataclass
class Api:
    """What it serves and grants, and what it was asked.

    Attributes:
        kinds: Kinds by apiVersion.
        rules: What the user may do, in every namespace.
        incomplete: Whether others than the rules decide, too.
        allows: What is said of single rights, where they are asked: `verb resource.group`.
        reviews: Whether the user may ask for its rights.
        asked: Method and path of every request.
        connections: How many connections were opened.
    """

    kinds: Mapping[str, Sequence[str]] = field(default_factory=lambda: KINDS)
    rules: Sequence[Mapping[str, Any]] = EVERYTHING
    incomplete: bool = False
    allows: Sequence[str] = ()
    reviews: bool = True
    asked: list[str] = field(default_factory=list)
    connections: int = 0

    def answer_query(self, _path: str, _query: str) -> tuple[int, Mapping[str, Any]] | None:
        """Return what a server answers that looks behind the question mark; None where this one does not."""
        return None

    def answer(self, method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        """Return the status code and the body."""
        self.asked.append(f"{method} {path}")
        if path == "/apis":
            versions = [{"groupVersion": each} for each in self.kinds]
            groups = [{"name": each["groupVersion"].split("/")[0], "versions": [each]} for each in versions]
            return 200, {"kind": "APIGroupList", "groups": groups}
        if path.removeprefix("/apis/") in self.kinds:
            kinds = [{"kind": kind} for kind in self.kinds[path.removeprefix("/apis/")]]
            return 200, {"kind": "APIResourceList", "resources": kinds}
        if path.startswith(_AUTHORIZATION) and not self.reviews:
            return 403, {"kind": "Status", "code": 403, "message": "cannot create"}
        if path == f"{_AUTHORIZATION}/selfsubjectrulesreviews":
            return 201, {**body, "status": {"resourceRules": self.rules or None, "incomplete": self.incomplete}}
        if path == f"{_AUTHORIZATION}/selfsubjectaccessreviews":
            asked = body["spec"]["resourceAttributes"]
            right = f"{asked['verb']} {asked['resource']}.{asked['group']}".rstrip(".")
            return 201, {**body, "status": {"allowed": right in self.allows}}
        return 404, {"kind": "Status", "code": 404, "message": "not found"}


@contextmanager
def serving(api: Api) -> Iterator[str]:
    """Serve it, and give its URL."""

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            api.connections += 1

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            path, _, query = self.path.partition("?")
            code, answer = api.answer_query(path, query) or api.answer(self.command, path, body)
            data = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            self.do_GET()

        def do_PATCH(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing on standard error."""

    with serving_with(Answers) as url:
        yield url
