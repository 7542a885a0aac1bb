"""KEDA's kind on an API server, as KServe tests with it; KEDA itself is not there."""

from __future__ import annotations

import httpx2
import yaml
from lightkube import Client
from lightkube.generic_resource import create_namespaced_resource
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.types import PatchType

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.deadlines import wait_until
from embedded.toolchain import module_dir

ScaledObject = create_namespaced_resource("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects")


def install_keda_crds(plane: ControlPlane) -> None:
    """Apply KEDA's definitions, and wait until its objects can be listed."""
    source = module_dir("github.com/kserve/kserve", of="kserve") / "test/crds/keda.yaml"
    documents = yaml.load_all(source.read_bytes(), Loader=yaml.CSafeLoader)
    with connect(plane) as client:
        for document in documents:
            if document["kind"] == "CustomResourceDefinition":
                name = document["metadata"]["name"]
                client.patch(CustomResourceDefinition, name, document, patch_type=PatchType.APPLY)
        wait_until("ScaledObject served", lambda: _served(client), seconds=300)


def _served(client: Client) -> bool:
    try:
        list(client.list(ScaledObject))
    except httpx2.HTTPStatusError:
        return False  # the kind is unknown still, or its storage is being prepared
    return True
