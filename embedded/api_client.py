"""A client of a control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import lightkube
from lightkube import KubeConfig

if TYPE_CHECKING:
    from embedded.control_plane import ControlPlane

# What writes through this client is called this in `metadata.managedFields`.
FIELD_MANAGER = "embedded"
# The largest requests are custom resource definitions; on a busy machine the server takes a minute for one.
_TIMEOUT_SECONDS = 300


def connect(plane: ControlPlane) -> lightkube.Client:
    """Return a client with all rights; close it, or use it as a context manager."""
    return lightkube.Client(
        config=KubeConfig.from_file(plane.kubeconfig_path),
        timeout=httpx2.Timeout(_TIMEOUT_SECONDS),
        field_manager=FIELD_MANAGER,
        trust_env=False,  # no proxy reaches this machine's loopback interface
    )
