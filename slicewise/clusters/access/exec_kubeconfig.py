"""Kubeconfigs of managed clusters: they hold no credential, a plugin of the cloud fetches a short-lived one."""

from __future__ import annotations

import json
from typing import Any, Final

# Both plugins speak it; what Google's and Amazon's own command lines write says the same.
_API_VERSION: Final = "client.authentication.k8s.io/v1beta1"
_GKE_HINT: Final = (
    "Install gke-gcloud-auth-plugin: "
    "https://cloud.google.com/kubernetes-engine/docs/how-to/cluster-access-for-kubectl#install_plugin"
)
_EKS_HINT: Final = (
    "Install the AWS CLI, version 2: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"
)


def gke_kubeconfig(name: str, endpoint: str, ca: str) -> str:
    """Return the kubeconfig of a GKE cluster, as `gcloud container clusters get-credentials` would write it.

    Args:
        name: the cluster's name; the context's too.
        endpoint: the control plane's address, as the GKE API has it: an IP address or a host, without a scheme.
        ca: the PEM of the cluster's authority in base64 (`masterAuth.clusterCaCertificate`).

    Returns:
        JSON, which is YAML too; the same bytes for the same arguments.
    """
    plugin = {"command": "gke-gcloud-auth-plugin", "provideClusterInfo": True, "installHint": _GKE_HINT}
    return _kubeconfig(name, f"https://{endpoint}", ca, plugin)


def eks_kubeconfig(name: str, region: str, endpoint: str, ca: str) -> str:
    """Return the kubeconfig of an EKS cluster, as `aws eks update-kubeconfig` would write it.

    Args:
        name: the cluster's name; the context's too.
        region: the cluster's AWS region.
        endpoint: the control plane's URL, as the EKS API has it.
        ca: the PEM of the cluster's authority in base64 (`certificateAuthority.data`).

    Returns:
        JSON, which is YAML too; the same bytes for the same arguments.
    """
    arguments = ["--region", region, "eks", "get-token", "--cluster-name", name, "--output", "json"]
    return _kubeconfig(name, endpoint, ca, {"command": "aws", "args": arguments, "installHint": _EKS_HINT})


def _kubeconfig(name: str, server: str, ca: str, plugin: dict[str, Any]) -> str:
    # A plugin's questions would not be answered.
    user = {"exec": {"apiVersion": _API_VERSION, "interactiveMode": "Never", **plugin}}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": ca}}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }
    )
