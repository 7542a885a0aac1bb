"""The provider of one cluster, with what the providers of all clusters have in common."""

from __future__ import annotations

import os
from typing import Final

import pulumi
import pulumi_kubernetes as kubernetes

_BUILT: Final = "SLICEWISE_KUBERNETES_PROVIDER_VERSION"


def kubernetes_provider(
    name: str, *, kubeconfig: pulumi.Input[str], identifier: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> kubernetes.Provider:
    """Declare the provider of the cluster that it knows by `identifier`.

    What exists in a cluster already is declared only where it is the stack's or becomes it (`ownership/`), and is then
    applied like everything else. From 4.29 on the provider refuses to create what exists, unless it is told to.
    """
    return kubernetes.Provider(
        name,
        kubeconfig=kubeconfig,
        cluster_identifier=identifier,
        upsert_existing_objects=True,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(version=_version())),
    )


def _version() -> str | None:
    """Return the version that `make` has built and put on PATH; None for the one that the Python SDK belongs to.

    The engine takes a provider on PATH whatever the program asks for, and warns where that is not what it gets.
    """
    return os.environ.get(_BUILT) or None
