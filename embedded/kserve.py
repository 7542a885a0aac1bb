"""KServe's kinds in a control plane, from the definitions of the pinned release."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import httpx2
import yaml
from lightkube.generic_resource import create_namespaced_resource
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.types import PatchType

from embedded.api import connect
from embedded.toolchain import module_dir
from embedded.waiting import wait_until

if TYPE_CHECKING:
    from lightkube import Client
    from lightkube.generic_resource import GenericNamespacedResource

    from embedded.control_plane import ControlPlane

_GROUP = "serving.kserve.io"
_VERSION = "v1alpha2"
LLMInferenceService = create_namespaced_resource(_GROUP, _VERSION, "LLMInferenceService", "llminferenceservices")
LLMInferenceServiceConfig = create_namespaced_resource(
    _GROUP, _VERSION, "LLMInferenceServiceConfig", "llminferenceserviceconfigs"
)
_KINDS = (LLMInferenceService, LLMInferenceServiceConfig)

# The minimal definitions have the same v1alpha2 schema and rules as the full ones, in half of the server's memory.
_DEFINITIONS = "config/crd/minimal/llmisvc"
_SERVED_SECONDS = 60


def install_kserve_crds(plane: ControlPlane) -> None:
    """Apply KServe's definitions and wait until objects of their kinds can be created.

    Raises:
        ControlPlaneError: KServe's sources are not there, or the kinds were not served in time.
    """
    directory = module_dir("github.com/kserve/kserve", of="kserve") / _DEFINITIONS
    # The others in this directory are patches that convert versions through KServe's controller, which is not here.
    definitions = [
        yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) for path in sorted(directory.glob(f"{_GROUP}_*.yaml"))
    ]
    with connect(plane) as client:
        names = [definition["metadata"]["name"] for definition in definitions]
        for name, definition in zip(names, definitions, strict=True):
            client.patch(CustomResourceDefinition, name, definition, patch_type=PatchType.APPLY)
        for name in names:
            wait_until(f"{name} established", partial(_is_established, client, name), _SERVED_SECONDS)
        for kind in _KINDS:
            wait_until(f"{kind.__name__} served", partial(_is_served, client, kind), _SERVED_SECONDS)


def _is_established(client: Client, name: str) -> bool:
    status = client.get(CustomResourceDefinition, name).status
    conditions = (status and status.conditions) or []
    return any(condition.type == "Established" and condition.status == "True" for condition in conditions)


def _is_served(client: Client, kind: type[GenericNamespacedResource]) -> bool:
    try:
        list(client.list(kind))
    except httpx2.HTTPStatusError:
        return False  # the kind is unknown still, or its storage is being prepared
    return True
