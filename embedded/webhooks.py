"""Admission webhooks that are served on this machine, reached by URL instead of through a Service."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lightkube.resources.admissionregistration_v1 import (
    MutatingWebhookConfiguration,
    ValidatingWebhookConfiguration,
)
from lightkube.types import PatchType

from embedded.probes import HOST, accepts_tls

if TYPE_CHECKING:
    from lightkube import Client

    from embedded.manifest_files import Manifest

_KINDS = {kind.__name__: kind for kind in (MutatingWebhookConfiguration, ValidatingWebhookConfiguration)}


@dataclass(frozen=True)
class WebhookServer:
    """Where a controller serves its webhooks: a port of this machine, and the certificate that it shows."""

    port: int
    certificate: Path

    def is_up(self) -> bool:
        """Return whether it accepts connections."""
        return accepts_tls(self.port, self.certificate)


def install_webhooks(client: Client, published: list[Manifest], server: WebhookServer) -> None:
    """Apply webhook configurations as a project publishes them, except that `server` is called, not a Service."""
    authority = base64.b64encode(server.certificate.read_bytes()).decode()
    for configuration in published:
        webhooks = []
        for webhook in configuration["webhooks"]:
            path = webhook["clientConfig"]["service"]["path"]
            url = f"https://{HOST}:{server.port}{path}"
            webhooks.append(webhook | {"clientConfig": {"url": url, "caBundle": authority}})
        name = configuration["metadata"]["name"]
        document = configuration | {"metadata": {"name": name}, "webhooks": webhooks}
        client.patch(_KINDS[configuration["kind"]], name, document, patch_type=PatchType.APPLY)
