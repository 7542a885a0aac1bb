"""What Pod Security's strictest level, `restricted`, wants of every container."""

from __future__ import annotations

from slicewise.manifests.vocabulary import KubernetesObject


def restricted_security_context() -> KubernetesObject:
    """Return it (Kubernetes, Pod Security Standards): KServe's presets for one node say the same of the engine."""
    return {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
