"""KServe's kinds in a control plane, from the definitions of the pinned release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lightkube.generic_resource import create_namespaced_resource

from embedded.api_client import connect
from embedded.custom_resources import install_definitions
from embedded.toolchain import module_dir

if TYPE_CHECKING:
    from pathlib import Path

    from embedded.control_plane import ControlPlane

GROUP = "serving.kserve.io"
VERSION = "v1alpha2"
LLMInferenceService = create_namespaced_resource(GROUP, VERSION, "LLMInferenceService", "llminferenceservices")
LLMInferenceServiceConfig = create_namespaced_resource(
    GROUP, VERSION, "LLMInferenceServiceConfig", "llminferenceserviceconfigs"
)

# The minimal definitions have the same v1alpha2 schema and rules as the full ones, in half of the server's memory.
_DEFINITIONS = "config/crd/minimal/llmisvc"


def kserve_source() -> Path:
    """Return the directory of KServe's sources, as published.

    Raises:
        ControlPlaneError: They are not there and cannot be fetched.
    """
    return module_dir("github.com/kserve/kserve", of="kserve")


def install_kserve_crds(plane: ControlPlane) -> None:
    """Apply KServe's definitions and wait until objects of their kinds can be created.

    Raises:
        ControlPlaneError: KServe's sources are not there, or the kinds were not served in time.
    """
    # The others in this directory are patches that convert versions through KServe's controller's webhook.
    files = sorted((kserve_source() / _DEFINITIONS).glob(f"{GROUP}_*.yaml"))
    with connect(plane) as client:
        install_definitions(client, files, (LLMInferenceService, LLMInferenceServiceConfig))
    plane.notice_new_kinds()
