"""What KServe's controller expects to find: its namespace, its settings, a gateway and its presets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lightkube.resources.core_v1 import ConfigMap, Namespace
from lightkube.types import PatchType

from embedded.gateway_api import add_gateway
from embedded.kserve_kinds import LLMInferenceServiceConfig, kserve_source
from embedded.manifest_files import read_documents

if TYPE_CHECKING:
    from lightkube import Client

NAMESPACE = "kserve"
GATEWAY = "gateway"
_SETTINGS = "inferenceservice-config"  # the controller looks for this name
_INGRESS = {
    "ingressGateway": f"{NAMESPACE}/{GATEWAY}",
    "kserveIngressGateway": f"{NAMESPACE}/{GATEWAY}",
    "enableGatewayApi": True,
}
_STORAGE_INITIALIZER = {
    "image": "kserve/storage-initializer:v0.20.0",
    "memoryRequest": "100Mi",
    "memoryLimit": "1Gi",
    "cpuRequest": "100m",
    "cpuLimit": "1",
}


def install_kserve_settings(client: Client) -> None:
    """Apply all of it; KServe's and the Gateway API's kinds must be there.

    Raises:
        ControlPlaneError: KServe's sources are not there.
    """
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    client.patch(Namespace, NAMESPACE, namespace, patch_type=PatchType.APPLY)
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _SETTINGS, "namespace": NAMESPACE},
        "data": {"ingress": json.dumps(_INGRESS), "storageInitializer": json.dumps(_STORAGE_INITIALIZER)},
    }
    client.patch(ConfigMap, _SETTINGS, settings, namespace=NAMESPACE, patch_type=PatchType.APPLY)
    add_gateway(client, GATEWAY, NAMESPACE)
    for path in sorted((kserve_source() / "config/llmisvcconfig").glob("config-*.yaml")):
        for preset in read_documents(path):
            name = preset["metadata"]["name"]
            client.patch(LLMInferenceServiceConfig, name, preset, namespace=NAMESPACE, patch_type=PatchType.APPLY)
