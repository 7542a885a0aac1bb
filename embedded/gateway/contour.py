"""Contour, which turns routes into Envoy's configuration and says in their status what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from lightkube.generic_resource import create_namespaced_resource

from embedded.custom_resources import install_definitions
from embedded.kserve_settings import GATEWAY, NAMESPACE
from embedded.ports import free_ports
from embedded.probes import HOST, accepts, http_ok
from embedded.processes import Process
from embedded.toolchain import module_dir

if TYPE_CHECKING:
    from pathlib import Path

    from lightkube import Client

CONTROLLER = "projectcontour.io/gateway-controller"
_HTTPProxy = create_namespaced_resource("projectcontour.io", "v1", "HTTPProxy", "httpproxies")
_READ = (
    "httpproxies.projectcontour.io",
    "tlscertificatedelegations.projectcontour.io",
    "referencegrants.gateway.networking.k8s.io",
)
_NOT_READ = ("extensionservices", "tlsroutes", "grpcroutes", "tcproutes", "backendtlspolicies")
_GRANTS = "config/crd/standard/gateway.networking.k8s.io_referencegrants.yaml"


def install_contour_crds(client: Client) -> None:
    """Apply the definitions of what Contour reads beside gateways and routes; it does not start without them.

    Raises:
        ControlPlaneError: The sources are not there, or the kinds were not served in time.
    """
    own = module_dir("github.com/projectcontour/contour", of="contour") / "examples/contour/01-crds.yaml"
    grants = module_dir("sigs.k8s.io/gateway-api", of="contour") / _GRANTS
    install_definitions(client, (own, grants), (_HTTPProxy,), only=_READ)


def start_contour(program: Path, kubeconfig: Path, directory: Path, xds_port: int) -> Process:
    """Start it for KServe's gateway; Envoy gets its configuration at `xds_port`."""
    configuration = directory / "contour.yaml"
    gateway = {"gatewayRef": {"namespace": NAMESPACE, "name": GATEWAY}}
    status_port, debug_port, stats_port, admin_port = free_ports(4)
    configuration.write_text(yaml.safe_dump({"gateway": gateway, "network": {"admin-port": admin_port}}))
    arguments = [
        "serve",
        f"--config-path={configuration}",
        f"--kubeconfig={kubeconfig}",
        "--disable-leader-election",
        *(f"--disable-feature={feature}" for feature in _NOT_READ),
        "--insecure",  # to Envoy, over loopback
        f"--xds-address={HOST}",
        f"--xds-port={xds_port}",
        f"--http-address={HOST}",
        f"--http-port={status_port}",
        f"--health-address={HOST}",
        f"--health-port={status_port}",
        f"--debug-http-address={HOST}",
        f"--debug-http-port={debug_port}",
        f"--stats-address={HOST}",
        f"--stats-port={stats_port}",
        f"--envoy-service-http-address={HOST}",
        f"--ingress-status-address={HOST}",
    ]

    def ready() -> bool:
        return http_ok(status_port, "/healthz") and accepts(xds_port)

    return Process(program, arguments, directory, ready=ready)
