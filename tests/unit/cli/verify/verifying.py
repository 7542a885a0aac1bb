"""What `verify` is run on: documents, nodes and kubeconfigs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from tests.documents import deployment, environment, model, profile, slices
from tests.unit.cli.api_server import node

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-token-7f3a9"
BETA = "client.authentication.k8s.io/v1beta1"
NODES = (
    node(
        "cut-0",
        {
            "pool": "cut",
            "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
            "nvidia.com/gpu.count": "8",
            "nvidia.com/mig.strategy": "mixed",
        },
        {"nvidia.com/mig-3g.40gb": 16},
    ),
    node("cpu", {}, {}),
)
DOCUMENTS = (
    environment("east", slices("cut", "3g.40gb")),
    environment("west", slices("cut", "3g.40gb")),
    model("small", profile("slice", memoryPerGpu="30Gi")),
    deployment("chat", "small", environments=2, namespace="default"),
)


def kubeconfig(directory: Path, server: str, name: str = "kubeconfig", context: str = "here") -> str:
    """Write a kubeconfig, and return its path."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "c", "cluster": {"server": server}},
            {"name": "no", "cluster": {"server": "http://127.0.0.1:9"}},
        ],
        "users": [{"name": "u", "user": {"token": CANARY}}],
        "contexts": [
            {"name": "here", "context": {"cluster": "c", "user": "u"}},
            {"name": "nowhere", "context": {"cluster": "no", "user": "u"}},
        ],
        "current-context": context,
    }
    file = directory / name
    file.write_text(yaml.safe_dump(config))
    return str(file)


def write(tmp_path: Path, *documents: dict[str, Any]) -> str:
    file = tmp_path / "other.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    return str(file)
