"""Rules of one ModelDeployment: the scaling block fits its signal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slicewise.diagnostics import Code
from slicewise.documents.deployment import ModelDeployment, Scaling, Signal
from slicewise.documents.rules.finding import Finding

# Kubernetes reserves the prefix (its documentation, "Namespaces").
_SYSTEM: Final = "kube-"


def check_deployment(deployment: ModelDeployment) -> Iterator[Finding]:
    """Yield what is wrong with, or advisable for, `deployment`."""
    namespace = deployment.metadata.namespace
    if namespace.startswith(_SYSTEM):
        message = (
            f"{namespace} is a namespace of Kubernetes itself: whoever may read Secrets or make pods there can take "
            "over the cluster; write a namespace of your own"
        )
        yield Finding(("metadata", "namespace"), Code.SYSTEM_NAMESPACE, message)
    yield from check_scaling(deployment.spec.scaling)


def check_scaling(scaling: Scaling) -> Iterator[Finding]:
    """Yield what is wrong with, or advisable for, the scaling of a deployment."""
    path = ("spec", "scaling")
    if scaling.signal is Signal.FIXED and scaling.concurrency:
        other = _without("fixed", scaling.fixed)
        message = f'signal Fixed takes no concurrency block; remove it, or write "signal: Concurrency"{other}'
        yield Finding((*path, "concurrency"), Code.SCALING_BLOCK, message)
    if scaling.signal is Signal.CONCURRENCY and scaling.fixed:
        other = _without("concurrency", scaling.concurrency)
        message = f'signal Concurrency takes no fixed block; remove it, or write "signal: Fixed"{other}'
        yield Finding((*path, "fixed"), Code.SCALING_BLOCK, message)
    if scaling.signal is Signal.CONCURRENCY and not scaling.concurrency:
        message = "signal Concurrency needs a concurrency block with maxReplicas and target; add it"
        yield Finding((*path, "concurrency"), Code.SCALING_BLOCK, message)
    concurrency = scaling.concurrency
    if concurrency and concurrency.max_replicas < concurrency.min_replicas:
        counted = "" if "min_replicas" in concurrency.model_fields_set else " (the default)"
        message = (
            f"{concurrency.max_replicas} is less than minReplicas {concurrency.min_replicas}{counted}; "
            "raise it, or lower minReplicas"
        )
        yield Finding((*path, "concurrency", "maxReplicas"), Code.MAXIMUM_BELOW_MINIMUM, message)
    if concurrency and concurrency.min_replicas == 0:
        # The replicas themselves count the requests under way, so with none there is nothing to count.
        message = "at 0 replicas no request starts one; write 1, or see docs/autoscaling.md for what does"
        yield Finding((*path, "concurrency", "minReplicas"), Code.NOTHING_WAKES_FROM_ZERO, message)


def _without(name: str, block: object) -> str:
    """Say that the other block has to go too, where there is one."""
    return f" and remove {name}" if block is not None else ""
