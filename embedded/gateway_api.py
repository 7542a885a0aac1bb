"""The Gateway API with one gateway that nothing implements: KServe wants it to exist, tests play its controller."""

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

_CLASS = "embedded"
_LISTENER = {"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}


def install_gateway_api_crds(client: Client) -> None:
    """Apply the definitions that KServe tests itself with.

    Raises:
        ControlPlaneError: KServe's sources are not there, or the kinds were not served in time.
    """
    files = sorted((kserve_source() / "test/crds").glob("gatewayapi_*.yaml"))
    install_definitions(client, files, (GatewayClass, Gateway, HTTPRoute))


def add_gateway(client: Client, name: str, namespace: str) -> None:
    """Apply a gateway that takes routes from every namespace, and its class."""
    api_version = f"{_GROUP}/v1"
    gateway_class = {
        "apiVersion": api_version,
        "kind": "GatewayClass",
        "metadata": {"name": _CLASS},
        "spec": {"controllerName": "embedded.invalid/none"},
    }
    client.patch(GatewayClass, _CLASS, gateway_class, patch_type=PatchType.APPLY)
    gateway = {
        "apiVersion": api_version,
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"gatewayClassName": _CLASS, "listeners": [_LISTENER]},
    }
    client.patch(Gateway, name, gateway, namespace=namespace, patch_type=PatchType.APPLY)
