"""The Gateway API's kinds, and the one gateway that KServe wants to exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lightkube.generic_resource import create_global_resource, create_namespaced_resource
from lightkube.types import PatchType

from embedded.custom_resources import install_definitions
from embedded.kserve_kinds import kserve_source

if TYPE_CHECKING:
    from lightkube import Client

_GROUP = "gateway.networking.k8s.io"
GatewayClass = create_global_resource(_GROUP, "v1", "GatewayClass", "gatewayclasses")
Gateway = create_namespaced_resource(_GROUP, "v1", "Gateway", "gateways")
HTTPRoute = create_namespaced_resource(_GROUP, "v1", "HTTPRoute", "httproutes")

_LISTENER = {"name": "http", "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}


def install_gateway_api_crds(client: Client) -> None:
    """Apply the definitions that KServe tests itself with.

    Raises:
        ControlPlaneError: KServe's sources are not there, or the kinds were not served in time.
    """
    files = sorted((kserve_source() / "test/crds").glob("gatewayapi_*.yaml"))
    install_definitions(client, files, (GatewayClass, Gateway, HTTPRoute))


def add_gateway(
    client: Client, name: str, namespace: str, *, port: int = 80, controller: str = "embedded.invalid/none"
) -> None:
    """Apply a gateway that takes routes from every namespace, and a class of the controller's own.

    By default nothing implements it: tests play its controller.
    """
    api_version = f"{_GROUP}/v1"
    class_name = controller.partition(".")[0]
    gateway_class = {
        "apiVersion": api_version,
        "kind": "GatewayClass",
        "metadata": {"name": class_name},
        "spec": {"controllerName": controller},
    }
    client.patch(GatewayClass, class_name, gateway_class, patch_type=PatchType.APPLY)
    gateway = {
        "apiVersion": api_version,
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"gatewayClassName": class_name, "listeners": [_LISTENER | {"port": port}]},
    }
    client.patch(Gateway, name, gateway, namespace=namespace, patch_type=PatchType.APPLY)
