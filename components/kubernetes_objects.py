"""Kubernetes objects as Pulumi resources."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from slicewise.manifests import KubernetesObject


def declare(name: str, item: KubernetesObject, opts: pulumi.ResourceOptions) -> CustomResource:
    """Declare `item` (apiVersion, kind, metadata, spec) as a resource called `name` in the stack."""
    return CustomResource(
        name,
        api_version=item["apiVersion"],
        kind=item["kind"],
        metadata=item["metadata"],
        spec=item["spec"],
        opts=opts,
    )
