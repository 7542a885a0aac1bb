"""A mutating admission webhook of a test's own: a real server over TLS on loopback, registered at the API server."""

from __future__ import annotations

import base64
import copy
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from lightkube import Client
from lightkube.resources.admissionregistration_v1 import MutatingWebhookConfiguration
from lightkube.types import PatchType

from embedded.certificates import write_certificate
from embedded.deadlines import wait_until
from embedded.kserve_kinds import GROUP, VERSION, LLMInferenceService
from tests.loopback import serving_with

Change = Callable[[dict[str, Any]], None]
_NAME = "changes-services"
_CHANGED = ("metadata", "spec")


@contextmanager
def changing(
    client: Client, directory: Path, change: Change, operations: Sequence[str] = ("CREATE", "UPDATE")
) -> Iterator[None]:
    """Have the API server pass every LLMInferenceService through `change` before it is stored, until the block ends.

    Only requests for one of `operations` are changed.
    """
    asked = threading.Event()
    certificate = write_certificate(directory / "webhook")

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
            changed = copy.deepcopy(request["object"])
            if request["operation"] in operations:
                change(changed)
            patch = [{"op": "replace", "path": f"/{part}", "value": changed[part]} for part in _CHANGED]
            text = base64.b64encode(json.dumps(patch).encode()).decode()
            response = {"uid": request["uid"], "allowed": True, "patchType": "JSONPatch", "patch": text}
            review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
            data = json.dumps(review).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            asked.set()

        def log_message(self, *_: object) -> None:
            """Say nothing on standard error."""

    def asks_no_more() -> bool:
        asked.clear()
        return _probe(client) and not asked.is_set()

    with serving_with(Answers, certificate) as url:
        webhook = {
            "name": "changes.services.test",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "failurePolicy": "Fail",
            "clientConfig": {"url": url, "caBundle": base64.b64encode(certificate.read_bytes()).decode()},
            "rules": [
                {
                    "apiGroups": ["serving.kserve.io"],
                    "apiVersions": ["*"],
                    "resources": ["llminferenceservices"],
                    "operations": ["CREATE", "UPDATE"],
                }
            ],
        }
        document = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": _NAME},
            "webhooks": [webhook],
        }
        client.patch(MutatingWebhookConfiguration, _NAME, document, patch_type=PatchType.APPLY)
        try:
            # The API server notices the registration a moment later.
            wait_until("the webhook is asked", lambda: _probe(client) and asked.is_set(), seconds=300)
            yield
        finally:
            client.delete(MutatingWebhookConfiguration, _NAME)
            wait_until("the webhook is asked no more", asks_no_more, seconds=300)


def _probe(client: Client) -> bool:
    probe = {"apiVersion": f"{GROUP}/{VERSION}", "kind": "LLMInferenceService", "metadata": {"name": "probe"}}
    spec = {"spec": {"model": {"uri": "hf://a/b"}}}
    client.patch(
        LLMInferenceService, "probe", probe | spec, namespace="default", patch_type=PatchType.APPLY, dry_run=True
    )
    return True
