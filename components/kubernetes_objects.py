"""Kubernetes objects as Pulumi resources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.apiextensions import CustomResource

from slicewise.manifests import KubernetesObject

# An object with a finalizer goes only when the controller that owns it lets go. Pods have 60 seconds to end (KServe's
# presets); after more than this the controller is not there, and Pulumi's own ten minutes would change nothing.
DELETE_TIMEOUT: Final = "3m"


def declare(
    name: str,
    item: KubernetesObject,
    *,
    parent: pulumi.Resource,
    provider: kubernetes.Provider,
    after: Sequence[pulumi.Resource],
) -> CustomResource:
    """Declare `item` (apiVersion, kind, metadata, spec) as a resource called `name` in the stack."""
    return CustomResource(
        name,
        api_version=item["apiVersion"],
        kind=item["kind"],
        metadata=item["metadata"],
        spec=item["spec"],
        opts=pulumi.ResourceOptions(
            parent=parent,
            provider=provider,
            depends_on=list(after),
            custom_timeouts=pulumi.CustomTimeouts(delete=DELETE_TIMEOUT),
        ),
    )
