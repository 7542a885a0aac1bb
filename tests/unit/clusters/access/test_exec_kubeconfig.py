"""Kubeconfigs of managed clusters, held to what the clouds' own command lines write."""

from __future__ import annotations

import json
from typing import Any

from slicewise.clusters.access.exec_kubeconfig import eks_kubeconfig, gke_kubeconfig
from slicewise.clusters.access.kubeconfig import read_context


def parts(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the plugin of the current context's user, who has nothing else, and the cluster."""
    context = read_context(text)
    assert set(context.user) == {"exec"}
    plugin: dict[str, Any] = context.user["exec"]
    return plugin, context.cluster


def test_gke() -> None:
    # https://cloud.google.com/kubernetes-engine/docs/how-to/cluster-access-for-kubectl
    plugin, cluster = parts(gke_kubeconfig("mig-a", "203.0.113.7", "Q0E="))

    assert cluster == {"server": "https://203.0.113.7", "certificate-authority-data": "Q0E="}
    assert "https://cloud.google.com/" in plugin.pop("installHint")
    assert plugin == {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "gke-gcloud-auth-plugin",
        "provideClusterInfo": True,
        "interactiveMode": "Never",
    }


def test_eks() -> None:
    # https://docs.aws.amazon.com/eks/latest/userguide/create-kubeconfig.html
    server = "https://0123456789ABCDEF.gr7.eu-central-1.eks.amazonaws.com"
    plugin, cluster = parts(eks_kubeconfig("mig-b", "eu-central-1", server, "Q0E="))

    assert cluster == {"server": server, "certificate-authority-data": "Q0E="}
    assert "https://docs.aws.amazon.com/" in plugin.pop("installHint")
    assert plugin == {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": ["--region", "eu-central-1", "eks", "get-token", "--cluster-name", "mig-b", "--output", "json"],
        "interactiveMode": "Never",
    }


def test_they_are_json_and_always_the_same() -> None:
    # A text that changed from run to run would update the provider on every `up`.
    first, second = (
        [gke_kubeconfig("a", "b", "c"), eks_kubeconfig("a", "eu-central-1", "https://c", "d")] for _ in range(2)
    )
    assert first == second
    assert [json.loads(text)["kind"] for text in first] == ["Config", "Config"]
