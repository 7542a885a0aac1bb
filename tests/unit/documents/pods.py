"""A pod with every field of docs/documents.md, section Pods, and other parts of documents in Kubernetes' own shapes."""

from __future__ import annotations

import json
from typing import Any

_PROFILE = {"type": "Localhost", "localhostProfile": "profiles/vllm.json"}
_SE_LINUX = {"user": "system_u", "role": "system_r", "type": "container_t", "level": "s0:c123,c456"}
_ITEMS = [{"key": "ca.crt", "path": "certs/ca.crt", "mode": 0o440}]
_DOWNWARD = {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels['team']"}}]}
_PROBE = {
    "initialDelaySeconds": 5,
    "periodSeconds": 10,
    "timeoutSeconds": 2,
    "failureThreshold": 360,
    "terminationGracePeriodSeconds": 30,
}
_POD: dict[str, Any] = {
    "labels": {"team": "a"},
    "annotations": {"prometheus.io/scrape": "true"},
    "serviceAccountName": "models",
    "imagePullSecrets": [{"name": "registry"}],
    "priorityClassName": "serving-high",
    "schedulerName": "kai-scheduler",
    "runtimeClassName": "nvidia",
    "securityContext": {
        "runAsUser": 1000,
        "runAsGroup": 1000,
        "runAsNonRoot": True,
        "fsGroup": 2000,
        "fsGroupChangePolicy": "OnRootMismatch",
        "supplementalGroups": [3000],
        "supplementalGroupsPolicy": "Merge",
        "seccompProfile": _PROFILE,
        "appArmorProfile": _PROFILE,
        "seLinuxOptions": _SE_LINUX,
        "sysctls": [{"name": "net.ipv4.ping_group_range", "value": "0 0"}],
    },
    "volumes": [
        {"name": "ca", "configMap": {"name": "company-ca", "items": _ITEMS, "defaultMode": 0o444, "optional": True}},
        {"name": "keys", "secret": {"secretName": "keys", "items": _ITEMS, "defaultMode": 0o400, "optional": False}},
        {"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": "8Gi"}},
        {"name": "compiled", "persistentVolumeClaim": {"claimName": "compiled", "readOnly": True}},
        {
            "name": "fast",
            "ephemeral": {
                "volumeClaimTemplate": {
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "storageClassName": "local-nvme",
                        "resources": {"requests": {"storage": "200Gi"}},
                    },
                }
            },
        },
        {
            "name": "identity",
            "projected": {
                "sources": [
                    {"configMap": {"name": "company-ca", "items": _ITEMS, "optional": True}},
                    {"secret": {"name": "keys", "items": [{**_ITEMS[0], "path": "keys/a"}], "optional": True}},
                    {"serviceAccountToken": {"path": "token", "audience": "sts", "expirationSeconds": 3600}},
                    {"downwardAPI": _DOWNWARD},
                ],
                "defaultMode": 0o440,
            },
        },
        {"name": "about", "downwardAPI": _DOWNWARD},
        {
            "name": "vault",
            "csi": {
                "driver": "secrets-store.csi.k8s.io",
                "readOnly": True,
                "fsType": "ext4",
                "volumeAttributes": {"secretProviderClass": "vault"},
                "nodePublishSecretRef": {"name": "vault"},
            },
        },
        {"name": "shared", "nfs": {"server": "nfs.example.com", "path": "/exports/models", "readOnly": True}},
        {"name": "disk", "hostPath": {"path": "/mnt/disks/ssd0", "type": "DirectoryOrCreate"}},
        {"name": "adapter", "image": {"reference": "registry.example.com/lora:v1", "pullPolicy": "IfNotPresent"}},
    ],
    "shmSize": "16Gi",
    "container": {
        "envFrom": [
            {"prefix": "PROXY_", "configMapRef": {"name": "proxy", "optional": True}},
            {"secretRef": {"name": "credentials", "optional": False}},
        ],
        "volumeMounts": [
            {
                "name": "ca",
                "mountPath": "/etc/ssl/company",
                "subPath": "certs",
                "readOnly": True,
                "mountPropagation": "None",
            }
        ],
        "startupProbe": _PROBE,
        "livenessProbe": _PROBE,
        "readinessProbe": {
            "initialDelaySeconds": 5,
            "periodSeconds": 10,
            "timeoutSeconds": 2,
            "failureThreshold": 3,
            "successThreshold": 1,
        },
        "resources": {
            "requests": {"ephemeral-storage": "50Gi"},
            "limits": {"rdma/ib": 1, "ephemeral-storage": "100Gi"},
        },
        "securityContext": {
            "runAsUser": 1000,
            "runAsGroup": 1000,
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": False,
            "allowPrivilegeEscalation": False,
            "capabilities": {"add": ["IPC_LOCK"], "drop": ["ALL"]},
            "seccompProfile": _PROFILE,
            "appArmorProfile": _PROFILE,
            "seLinuxOptions": _SE_LINUX,
        },
    },
}
# Nothing in it is the same object twice, which YAML would write as an alias.
COMPLETE_POD: dict[str, Any] = json.loads(json.dumps(_POD))
COMPLETE_ENV: list[dict[str, Any]] = [
    {"name": "HTTPS_PROXY", "value": "http://proxy.example.com:3128"},
    {"name": "AWS_SESSION_TOKEN", "valueFrom": {"secretKeyRef": {"name": "s3", "key": "secret", "optional": True}}},
    {"name": "NO_PROXY", "valueFrom": {"configMapKeyRef": {"name": "proxy", "key": "none", "optional": False}}},
    {"name": "VLLM_HOST_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
]
