"""KServe's controller of LLMInferenceServices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded.certificates import write_certificate
from embedded.kserve_kinds import kserve_source
from embedded.kserve_settings import NAMESPACE
from embedded.manifest_files import read_documents
from embedded.ports import free_ports
from embedded.probes import HOST, http_ok
from embedded.processes import Process
from embedded.webhooks import WebhookServer, install_webhooks

if TYPE_CHECKING:
    from pathlib import Path

    from lightkube import Client

# Below $TMPDIR, and no flag changes it.
_CERTIFICATES = "k8s-webhook-server/serving-certs"


def start_llmisvc(program: Path, kubeconfig: Path, directory: Path) -> tuple[Process, WebhookServer]:
    """Start it; the kinds and settings that it reads must be there: it watches only the kinds that it finds."""
    temporary = directory / "llmisvc"
    webhook_port, health_port = free_ports(2)
    server = WebhookServer(webhook_port, write_certificate(temporary / _CERTIFICATES))
    arguments = [
        f"--kubeconfig={kubeconfig}",
        "--metrics-addr=0",
        f"--webhook-port={webhook_port}",
        f"--health-probe-addr={HOST}:{health_port}",
    ]
    process = Process(
        program,
        arguments,
        directory,
        environment={"TMPDIR": str(temporary), "POD_NAMESPACE": NAMESPACE},
        ready=lambda: http_ok(health_port, "/readyz") and server.is_up(),
    )
    return process, server


def install_kserve_webhooks(client: Client, server: WebhookServer) -> None:
    """Have KServe's controller default and validate its kinds, as an installation of KServe does.

    Raises:
        ControlPlaneError: KServe's sources are not there.
    """
    install_webhooks(client, read_documents(kserve_source() / "config/webhook/llmisvc/manifests.yaml"), server)
