"""Kubernetes objects as Pulumi resources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.apiextensions import CustomResource

from slicewise.manifests import KubernetesObject

from .object_handling import Handling

# An object with a finalizer goes only when the controller that owns it lets go. Pods have 60 seconds to end (KServe's
# presets); after more than this the controller is not there, and Pulumi's own ten minutes would change nothing.
DELETE_TIMEOUT: Final = "3m"


def declare(
    name: str,
    item: KubernetesObject,
    handling: Handling,
    *,
    parent: pulumi.Resource,
    provider: kubernetes.Provider,
    after: Sequence[pulumi.Resource],
    retained: bool = False,
) -> CustomResource:
    """Declare `item` (apiVersion, kind, metadata, spec) as a resource called `name`, with an annotation of the stack.

    What is `retained` stays in the cluster when it leaves the stack.
    """
    options = pulumi.ResourceOptions(
        parent=parent,
        provider=provider,
        depends_on=list(after),
        # None: as the component has it.
        retain_on_delete=True if retained else None,
        custom_timeouts=pulumi.CustomTimeouts(delete=DELETE_TIMEOUT),
    )
    return CustomResource(
        name,
        api_version=item["apiVersion"],
        kind=item["kind"],
        metadata={**item["metadata"], "annotations": handling.annotations(item)},
        spec=item["spec"],
        opts=handling.set_options(options, item, name),
    )
