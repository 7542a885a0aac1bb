"""The namespaces that services are in, for those who have them made with the services."""

from __future__ import annotations

from typing import Final

from slicewise.manifests.vocabulary import KubernetesObject

# A namespace may have got what others need, so it stays when the last service has gone (Argo CD: sync options; Flux:
# kustomize-controller, "Controlling the apply behaviour of resources").
NEVER_REMOVED: Final = {
    "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
    "kustomize.toolkit.fluxcd.io/prune": "disabled",
}
"""Annotations of what Argo CD and Flux make, and never remove."""


def namespace_object(name: str) -> KubernetesObject:
    """Return the namespace as an object that Argo CD and Flux make, and never remove."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "annotations": dict(NEVER_REMOVED)}}
