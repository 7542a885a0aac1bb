"""All parts of the gateway, started in their order."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from embedded.api_client import connect
from embedded.certificates import write_certificate
from embedded.gateway.api_server import ApiServer
from embedded.gateway.contour import CONTROLLER, install_contour_crds, start_contour
from embedded.gateway.endpoint_view import serve_endpoint_view
from embedded.gateway.envoy import start_envoy
from embedded.gateway.pod_addresses import PodAddresses
from embedded.gateway_api import add_gateway
from embedded.kserve_settings import GATEWAY, NAMESPACE
from embedded.ports import free_ports, free_ports_apart
from embedded.probes import HOST
from embedded.secret_files import write_secret
from embedded.toolchain import contour_dir, find_binary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedded.control_plane import ControlPlane
    from embedded.processes import Process

# Contour's choice: so far above a gateway's port is the one that Envoy listens at.
_CONTAINER_PORT_OFFSET = 8000


@contextmanager
def start_gateway(plane: ControlPlane, directory: Path) -> Iterator[tuple[Process, Process]]:
    """Have the gateway that KServe's settings name implemented, until the end of the `with` block.

    Gives its processes: contour, envoy.

    Raises:
        ControlPlaneError: A program is missing or ended early, or something was not ready in time.
    """
    program = find_binary(contour_dir(), "contour")
    certificate = write_certificate(directory / "endpoint-view")
    view_port, engine_port, xds_port = free_ports(3)
    port, container_port = free_ports_apart(_CONTAINER_PORT_OFFSET)
    api = ApiServer(plane)
    view = plane.kubeconfig_through(f"https://{HOST}:{view_port}", certificate)
    kubeconfig = write_secret(certificate.with_name("kubeconfig"), view)
    with ExitStack() as stack:
        client = stack.enter_context(connect(plane))
        install_contour_crds(client)
        add_gateway(client, GATEWAY, NAMESPACE, port=port, controller=CONTROLLER)
        addresses = stack.enter_context(PodAddresses(api, engine_port))
        stack.enter_context(serve_endpoint_view(api, certificate, view_port, addresses))
        contour = stack.enter_context(start_contour(program, kubeconfig, directory, xds_port))
        contour.wait_ready()
        envoy = stack.enter_context(start_envoy(program, directory, xds_port, port, container_port))
        envoy.wait_ready()
        yield contour, envoy
