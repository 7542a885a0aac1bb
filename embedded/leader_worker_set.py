"""LeaderWorkerSet: groups of pods on several nodes, which KServe makes for pipeline parallelism."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from lightkube.generic_resource import create_namespaced_resource

from embedded.certificates import write_certificate
from embedded.custom_resources import install_definitions
from embedded.manifest_files import read_documents
from embedded.ports import free_ports
from embedded.probes import HOST, http_ok
from embedded.processes import Process
from embedded.toolchain import module_dir
from embedded.webhooks import WebhookServer, install_webhooks

if TYPE_CHECKING:
    from pathlib import Path

    from lightkube import Client

LeaderWorkerSet = create_namespaced_resource("leaderworkerset.x-k8s.io", "v1", "LeaderWorkerSet", "leaderworkersets")
# As in LeaderWorkerSet's own installation: no other pod depends on this controller.
_PODS_OF_GROUPS = {"matchExpressions": [{"key": "leaderworkerset.sigs.k8s.io/name", "operator": "Exists"}]}


def install_lws_crds(client: Client) -> None:
    """Apply the definition and wait until objects can be created.

    Raises:
        ControlPlaneError: The sources are not there, or the kind was not served in time.
    """
    install_definitions(client, sorted((_source() / "config/crd/bases").glob("*.yaml")), (LeaderWorkerSet,))


def start_lws_controller(program: Path, kubeconfig: Path, directory: Path) -> tuple[Process, WebhookServer]:
    """Start the controller; it does nothing right before its webhooks are installed."""
    webhook_port, health_port = free_ports(2)
    certificate = write_certificate(directory / "lws")
    configuration = {
        "apiVersion": "config.lws.x-k8s.io/v1alpha1",
        "kind": "Configuration",
        "leaderElection": {"leaderElect": False},
        "internalCertManagement": {"enable": False},
        "webhook": {"host": HOST, "port": webhook_port, "certDir": str(certificate.parent)},
        "metrics": {"bindAddress": "0"},
        "health": {"healthProbeBindAddress": f"{HOST}:{health_port}"},
    }
    path = certificate.parent / "configuration.yaml"
    path.write_text(yaml.safe_dump(configuration))
    server = WebhookServer(webhook_port, certificate)
    process = Process(
        program,
        [f"--kubeconfig={kubeconfig}", f"--config={path}"],
        directory,
        ready=lambda: http_ok(health_port, "/readyz") and server.is_up(),
    )
    return process, server


def install_lws_webhooks(client: Client, server: WebhookServer) -> None:
    """Have the controller complete LeaderWorkerSets and their pods: it takes for granted what its webhooks set.

    Raises:
        ControlPlaneError: The sources are not there.
    """
    published = read_documents(_source() / "config/webhook/manifests.yaml")
    mutating = next(document for document in published if document["kind"] == "MutatingWebhookConfiguration")
    webhooks = [
        webhook | ({"objectSelector": _PODS_OF_GROUPS} if webhook["rules"][0]["resources"] == ["pods"] else {})
        for webhook in mutating["webhooks"]
    ]
    install_webhooks(client, [mutating | {"metadata": {"name": "lws"}, "webhooks": webhooks}], server)


def _source() -> Path:
    return module_dir("sigs.k8s.io/lws", of="lws")
