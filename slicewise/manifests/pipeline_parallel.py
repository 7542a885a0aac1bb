"""The config that KServe wants for pipeline parallelism over several nodes, and does not ship."""

from __future__ import annotations

from slicewise.addresses import SERVING_PORT
from slicewise.manifests import vocabulary
from slicewise.manifests.security_context import restricted_security_context
from slicewise.manifests.vocabulary import KubernetesObject

# KServe v0.20's own vLLM image; a profile's engine.image overrides it.
DEFAULT_IMAGE = "ghcr.io/llm-d/llm-d-cuda:v0.8.0"
SHM_VOLUME = "shm"

_SIZES = (
    "--tensor-parallel-size {{ or .Spec.Parallelism.Tensor 1 }} "
    "--pipeline-parallel-size {{ .Spec.Parallelism.Pipeline }}"
    "{{ if .Spec.Parallelism.Expert }} --enable-expert-parallel{{ end }}"
)
_LEADER = (
    'exec vllm serve /mnt/models --served-model-name "{{ .Spec.Model.Name }}" --port 8000 '
    f'{_SIZES} --nnodes "$LWS_GROUP_SIZE" --node-rank 0 --master-addr "$POD_IP" "$@"'
)
# The leader's name resolves only once its pod has an address.
_WORKER = (
    'i=0; until m=$(getent hosts "$LWS_LEADER_ADDRESS") || [ $i -ge 120 ]; do i=$((i+1)); sleep 1; done; '
    f"exec vllm serve /mnt/models --headless {_SIZES} "
    '--nnodes "$LWS_GROUP_SIZE" --node-rank "$LWS_WORKER_INDEX" --master-addr "${m%% *}" "$@"'
)


def pipeline_parallel_config(namespace: str) -> KubernetesObject:
    """Return the config, once for all services of `namespace`; services must be created after it."""
    return {
        "apiVersion": vocabulary.KSERVE_API_VERSION,
        "kind": vocabulary.CONFIG_KIND,
        "metadata": {
            "name": vocabulary.PIPELINE_PARALLEL_CONFIG,
            "namespace": namespace,
            "labels": {vocabulary.MANAGED_BY_LABEL: vocabulary.MANAGED_BY},
        },
        "spec": pipeline_parallel_spec(),
    }


def pipeline_parallel_spec() -> KubernetesObject:
    """Return what the config adds to every service of several nodes with pipeline parallelism."""
    leader = _container(_LEADER, "leader")
    leader |= {
        "ports": [{"containerPort": SERVING_PORT, "protocol": "TCP"}],
        # Weights of hundreds of gigabytes take their time: half an hour, where KServe's presets give ten minutes.
        "startupProbe": {**health_check(), "periodSeconds": 10, "failureThreshold": 180},
        "readinessProbe": {**health_check(), "periodSeconds": 5},
    }
    return {
        "template": {"containers": [leader], "volumes": _volumes()},
        "worker": {"containers": [_container(_WORKER, "worker")], "volumes": _volumes()},
    }


def health_check() -> KubernetesObject:
    """Return what the probes of KServe's presets ask, too."""
    return {"httpGet": {"path": "/health", "port": SERVING_PORT}}


def _container(script: str, role: str) -> KubernetesObject:
    return {
        "name": vocabulary.MAIN_CONTAINER,
        "image": DEFAULT_IMAGE,
        # The word after the script is the shell's $0; "$@" passes the service's args on without another evaluation.
        "command": ["/bin/sh", "-c", script, role],
        "env": [
            {"name": "HOME", "value": "/home"},
            {"name": "HF_HUB_CACHE", "value": "/models"},
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}},
        ],
        "securityContext": restricted_security_context(),
        "volumeMounts": [
            {"name": "home", "mountPath": "/home"},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a path in the container, on a volume of its own
            {"name": "cache", "mountPath": "/models"},
            {"name": SHM_VOLUME, "mountPath": "/dev/shm"},  # noqa: S108 - shared memory of the tensor parallel ranks
        ],
    }


def _volumes() -> list[KubernetesObject]:
    return [
        {"name": "home", "emptyDir": {}},
        {"name": "tmp", "emptyDir": {}},
        {"name": "cache", "emptyDir": {}},
        {"name": SHM_VOLUME, "emptyDir": {"medium": "Memory", "sizeLimit": "8Gi"}},
    ]
