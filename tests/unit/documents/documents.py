"""Documents of each kind: the least that is allowed, and one with every field of docs/documents.md."""

from __future__ import annotations

import copy
from typing import Any

import yaml

from tests.unit.documents.pods import COMPLETE_ENV, COMPLETE_POD

API_VERSION = "modelplane.ai/v1alpha1"
Data = dict[str, Any]
Path = tuple[str | int, ...]

MINIMAL: dict[str, Data] = {
    "InferenceEnvironment": {
        "apiVersion": API_VERSION,
        "kind": "InferenceEnvironment",
        "metadata": {"name": "mig-a"},
        "spec": {
            "cluster": {"source": "Existing", "existing": {"secretRef": {"name": "mig-a-kubeconfig"}}},
            "nodePools": [
                {
                    "name": "pool",
                    "acceleratorType": "nvidia-h100-80gb",
                    "acceleratorCount": 8,
                    "capabilities": {"memoryPerGpu": "80Gi"},
                }
            ],
        },
    },
    "ClusterModel": {
        "apiVersion": API_VERSION,
        "kind": "ClusterModel",
        "metadata": {"name": "gemma"},
        "spec": {
            "model": {"name": "google/gemma"},
            "source": "HuggingFace",
            "huggingFace": {"repo": "google/gemma-3-27b-it"},
            "serving": [{"name": "fp8"}],
        },
    },
    "ModelDeployment": {
        "apiVersion": API_VERSION,
        "kind": "ModelDeployment",
        "metadata": {"name": "chat"},
        "spec": {"modelRef": {"name": "gemma"}, "environments": 1},
    },
    "Quota": {
        "apiVersion": API_VERSION,
        "kind": "Quota",
        "metadata": {"name": "team-a"},
        "spec": {"limits": {"units": 24}},
    },
}
MINIMAL["Model"] = {**MINIMAL["ClusterModel"], "kind": "Model"}

COMPLETE: dict[str, Data] = {
    "InferenceEnvironment": {
        "apiVersion": API_VERSION,
        "kind": "InferenceEnvironment",
        "metadata": {"name": "mig-a", "labels": {"region": "europe-west4"}},
        "spec": {
            "cluster": {
                "source": "Existing",
                "existing": {"secretRef": {"name": "mig-a-kubeconfig", "key": "config"}},
            },
            "nodePools": [
                {
                    "name": "pool",
                    "nodeSelector": {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb"},
                    "labels": {"tier": "small"},
                    "pricePerHour": 98.32,
                    "tolerations": [
                        {"key": "dedicated", "operator": "Equal", "value": "llm", "effect": "NoSchedule"},
                        {"key": "dead", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30},
                    ],
                    "acceleratorType": "nvidia-h100-80gb",
                    "acceleratorCount": 8,
                    "nodeCount": 2,
                    "maxNodeCount": 8,
                    "allocatable": {
                        "cpu": "188",
                        "memory": "1900Gi",
                        "pods": 100,
                        "ephemeralStorage": "3500Gi",
                        "extendedResources": {"rdma/ib": 8},
                    },
                    "allocation": "extendedResource",
                    "scheduling": "NoNew",
                    "reservedUnits": 2,
                    "capabilities": {
                        "memoryPerGpu": "39Gi",
                        "interconnect": "pcie",
                        "precisionSupport": ["fp32", "fp16", "bf16", "fp8", "fp4", "int8", "int4"],
                        "multiNodeCapable": False,
                        "nvlinkDomainSize": 1,
                        "interNodeBandwidth": "ib-400g",
                        "interNodeDevice": {
                            "resource": "rdma/ib",
                            "count": 2,
                            "env": [{"name": "NCCL_IB_HCA", "value": "mlx5"}],
                        },
                        "migConfiguration": {
                            "enabled": True,
                            "profile": "3g.40gb",
                            "strategy": "mixed",
                            "slicesPerGpu": 2,
                        },
                    },
                    "pod": copy.deepcopy(COMPLETE_POD),
                    "baseRefs": [{"name": "platform"}],
                }
            ],
            "kubernetesVersion": "1.37.2",
            "scheduling": "Drain",
            "devicePluginVersion": "0.19.3",
            "gateway": {
                "name": "models",
                "namespace": "gateways",
                "hostname": "models.example.com",
                "scheme": "https",
                "port": 8443,
            },
        },
    },
    "ClusterModel": {
        "apiVersion": API_VERSION,
        "kind": "ClusterModel",
        "metadata": {"name": "gemma", "labels": {"family": "gemma"}},
        "spec": {
            "model": {"name": "google/gemma"},
            "source": "HuggingFace",
            "huggingFace": {
                "repo": "google/gemma-3-27b-it",
                "revision": "v1",
                "secretRef": {"name": "hf", "key": "token"},
            },
            "lora": {
                "adapters": [
                    {
                        "name": "sql",
                        "source": "HuggingFace",
                        "huggingFace": {
                            "repo": "team/sql",
                            "revision": "v2",
                            "secretRef": {"name": "hf", "key": "token"},
                        },
                    },
                    {"name": "chat", "s3": {"uri": "s3://adapters/chat", "secretRef": {"name": "s3"}}},
                    {"name": "support", "persistentVolumeClaim": {"name": "adapters", "path": "support"}},
                ],
                "maxRank": 32,
                "maxAdapters": 3,
            },
            "architecture": {
                "config": {
                    "model_type": "llama",
                    "hidden_size": 4096,
                    "intermediate_size": 14336,
                    "num_hidden_layers": 32,
                    "num_attention_heads": 32,
                    "num_key_value_heads": 8,
                    "vocab_size": 128256,
                    "max_position_embeddings": 131072,
                },
                "configFile": "config.json",
                "checkpointBytes": 16060522496,
            },
            "resources": {"cpu": "8", "memory": "48Gi"},
            "pod": copy.deepcopy(COMPLETE_POD),
            "storageInitializer": {
                "enabled": True,
                "env": copy.deepcopy(COMPLETE_ENV),
                "envFrom": copy.deepcopy(COMPLETE_POD["container"]["envFrom"]),
                "volumeMounts": copy.deepcopy(COMPLETE_POD["container"]["volumeMounts"]),
            },
            "baseRefs": [{"name": "team"}],
            "serving": [
                {
                    "name": "bf16",
                    "environmentSelector": {"matchLabels": {"region": "europe-west4"}},
                    "engine": {
                        "name": "vLLM",
                        "image": "vllm/vllm-openai:v0.9.0",
                        "version": "0.23.0",
                        "args": ["--max-model-len=4096"],
                        "env": copy.deepcopy(COMPLETE_ENV),
                        "command": ["/bin/serve"],
                    },
                    "pod": copy.deepcopy(COMPLETE_POD),
                    "replicaTopology": {
                        "nodes": 2,
                        "gpusPerNode": 8,
                        "requires": {
                            "memoryPerGpu": "72Gi",
                            "precisionSupport": ["bf16"],
                            "interconnect": "nvlink",
                            "interNodeBandwidth": "400g",
                            "nvlinkDomainSize": 8,
                            "mig": "never",
                        },
                        "parallelism": {"tensor": 1, "pipeline": 1, "data": 16, "dataLocal": 8, "expert": True},
                        "spread": "none",
                    },
                }
            ],
        },
    },
    "ModelDeployment": {
        "apiVersion": API_VERSION,
        "kind": "ModelDeployment",
        "metadata": {"name": "chat", "namespace": "team-a", "labels": {"team": "a"}, "annotations": {"owner": "a"}},
        "spec": {
            "modelRef": {"kind": "ClusterModel", "name": "gemma"},
            "servedModelName": "gemma-canary",
            "environments": 2,
            "environmentSelector": {"matchLabels": {"region": "europe-west4"}},
            "nodePoolSelector": {"matchLabels": {"tier": "small"}},
            "priority": 10,
            "scaling": {
                "signal": "Concurrency",
                "concurrency": {
                    "minReplicas": 1,
                    "maxReplicas": 4,
                    "target": 32,
                    "utilization": 80,
                    "scaleDownDelay": 60,
                },
            },
            "router": {"enabled": True, "scheduler": True, "group": "gemma", "weight": 90},
            "pod": copy.deepcopy(COMPLETE_POD),
        },
    },
    "Quota": {
        "apiVersion": API_VERSION,
        "kind": "Quota",
        "metadata": {"name": "team-a", "labels": {"team": "a"}},
        "spec": {
            "namespaces": ["team-a"],
            "deploymentSelector": {"matchLabels": {"team": "a"}},
            "environmentSelector": {"matchLabels": {"region": "europe-west4"}},
            "nodePoolSelector": {"matchLabels": {"tier": "small"}},
            "limits": {"units": 24, "memory": "480Gi", "gpuEquivalents": "12.5"},
        },
    },
}
COMPLETE["Model"] = {
    **COMPLETE["ClusterModel"],
    "kind": "Model",
    "metadata": {"name": "gemma", "namespace": "team-a", "labels": {}},
}

_PLACEHOLDER = "PLACEHOLDER"


def text(data: Data) -> str:
    return yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, width=1000)


def minimal(kind: str, path: Path = (), value: object = None) -> str:
    """Write the least document of a kind, with the value at a path replaced."""
    return text(_with(MINIMAL[kind], path, value))


def complete_with(kind: str, path: Path, written: str) -> str:
    """Write the document with every field; at `path` is the YAML text `written` after a mark."""
    return text(_with(COMPLETE[kind], path, _PLACEHOLDER)).replace(_PLACEHOLDER, f"§{written}")


def _with(data: Data, path: Path, value: object) -> Data:
    changed = copy.deepcopy(data)
    if path:
        place: Any = changed
        for part in path[:-1]:
            place = place[part] if isinstance(part, int) else place.setdefault(part, {})
        place[path[-1]] = value
    return changed


def pools(*described: Data) -> str:
    """Write an environment with these pools, each a change of the least one."""
    (least,) = MINIMAL["InferenceEnvironment"]["spec"]["nodePools"]
    return minimal("InferenceEnvironment", ("spec", "nodePools"), [{**least, **pool} for pool in described])


def mig(profile: str = "3g.40gb", memory: str = "39Gi", **more: object) -> Data:
    """Return the capabilities of a pool of slices."""
    return {"memoryPerGpu": memory, "migConfiguration": {"enabled": True, "profile": profile, **more}}
