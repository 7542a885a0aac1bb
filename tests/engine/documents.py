"""Documents for tests, as users would write them."""

from __future__ import annotations

from typing import Any

API_VERSION = "modelplane.ai/v1alpha1"


def environment(name: str, *pools: dict[str, Any], **labels: str) -> dict[str, Any]:
    """Return an InferenceEnvironment whose kubeconfig is called `<name>-kubeconfig`."""
    return {
        "apiVersion": API_VERSION,
        "kind": "InferenceEnvironment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "cluster": {"source": "Existing", "existing": {"secretRef": {"name": f"{name}-kubeconfig"}}},
            "nodePools": list(pools),
        },
    }


def slices(name: str, *, nodes: int = 1) -> dict[str, Any]:
    """Return a pool of nodes with eight H100s, each cut into two 3g.40gb slices."""
    return {
        "name": name,
        "nodeSelector": {"slicewise.dev/pool": name},
        "acceleratorType": "nvidia-h100-80gb",
        "acceleratorCount": 8,
        "nodeCount": nodes,
        "capabilities": {
            "memoryPerGpu": "39Gi",
            "precisionSupport": ["fp8", "bf16"],
            "migConfiguration": {"enabled": True, "profile": "3g.40gb"},
        },
    }


def whole_gpus(name: str, *, nodes: int = 2) -> dict[str, Any]:
    """Return a pool of nodes with eight whole H100s that replicas may span."""
    return {
        "name": name,
        "nodeSelector": {"slicewise.dev/pool": name},
        "acceleratorType": "nvidia-h100-80gb",
        "acceleratorCount": 8,
        "nodeCount": nodes,
        "capabilities": {
            "memoryPerGpu": "79Gi",
            "interconnect": "nvlink",
            "precisionSupport": ["fp8", "bf16"],
            "multiNodeCapable": True,
        },
    }


def cluster_model(name: str, **topology: object) -> dict[str, Any]:
    """Return a ClusterModel with one serving profile of the given replicaTopology."""
    return {
        "apiVersion": API_VERSION,
        "kind": "ClusterModel",
        "metadata": {"name": name},
        "spec": {
            "model": {"name": f"acme/{name}"},
            "source": "HuggingFace",
            "huggingFace": {"repo": f"acme/{name}"},
            "serving": [{"name": "only", "replicaTopology": topology}],
        },
    }


def deployment(name: str, model: str, *, replicas: int = 1, **spec: object) -> dict[str, Any]:
    """Return a ModelDeployment in namespace `team`."""
    return {
        "apiVersion": API_VERSION,
        "kind": "ModelDeployment",
        "metadata": {"name": name, "namespace": "team"},
        "spec": {
            "modelRef": {"name": model},
            "environments": 1,
            "scaling": {"signal": "Fixed", "fixed": {"replicas": replicas}},
            **spec,
        },
    }
