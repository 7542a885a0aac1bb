"""Rules of one ModelDeployment: its namespace, its labels and annotations, and the scaling block of its signal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slicewise.diagnostics import Code, Diagnostic
from slicewise.documents.deployment import DeploymentMetadata, Scaling, Signal
from slicewise.documents.rules.owned_labels import check_owned
from slicewise.documents.rules.pod_strings import check_strings

# Kubernetes reserves the prefix (its documentation, "Namespaces").
_SYSTEM: Final = "kube-"


def check_namespace(namespace: str) -> Iterator[Diagnostic]:
    """Yield that the namespace of a deployment is one of Kubernetes itself."""
    if namespace.startswith(_SYSTEM):
        message = (
            f"{namespace} is a namespace of Kubernetes itself: whoever may read Secrets or make pods there can take "
            "over the cluster"
        )
        remedy = "write a namespace of your own"
        yield Diagnostic.warning(Code.SYSTEM_NAMESPACE, message, remedy, field=("metadata", "namespace"))


def check_metadata(metadata: DeploymentMetadata) -> Iterator[Diagnostic]:
    """Yield what is wrong with a deployment's labels and annotations, which become those of its service and pods."""
    path = ("metadata",)
    yield from check_owned(metadata.labels, metadata.annotations, path)
    yield from check_strings(metadata, path)


def check_scaling(scaling: Scaling) -> Iterator[Diagnostic]:
    """Yield what is wrong with, or advisable for, the scaling of a deployment."""
    path = ("spec", "scaling")
    if scaling.signal is Signal.FIXED and scaling.concurrency:
        other = _without("fixed", scaling.fixed)
        message = "signal Fixed takes no concurrency block"
        remedy = f'remove it, or write "signal: Concurrency"{other}'
        yield Diagnostic.error(Code.SCALING_BLOCK, message, remedy, field=(*path, "concurrency"))
    if scaling.signal is Signal.CONCURRENCY and scaling.fixed:
        other = _without("concurrency", scaling.concurrency)
        message = "signal Concurrency takes no fixed block"
        remedy = f'remove it, or write "signal: Fixed"{other}'
        yield Diagnostic.error(Code.SCALING_BLOCK, message, remedy, field=(*path, "fixed"))
    if scaling.signal is Signal.CONCURRENCY and not scaling.concurrency:
        message = "signal Concurrency needs a concurrency block with maxReplicas and target"
        remedy = "add it"
        yield Diagnostic.error(Code.SCALING_BLOCK, message, remedy, field=(*path, "concurrency"))
    concurrency = scaling.concurrency
    if concurrency and concurrency.max_replicas < concurrency.min_replicas:
        counted = "" if "min_replicas" in concurrency.model_fields_set else " (the default)"
        message = f"{concurrency.max_replicas} is less than minReplicas {concurrency.min_replicas}{counted}"
        remedy = "raise it, or lower minReplicas"
        yield Diagnostic.error(
            Code.MAXIMUM_BELOW_MINIMUM,
            message,
            remedy,
            field=(*path, "concurrency", "maxReplicas"),
            maximum=concurrency.max_replicas,
            minimum=concurrency.min_replicas,
        )
    if concurrency and concurrency.min_replicas == 0:
        # The replicas themselves count the requests under way, so with none there is nothing to count.
        message = "at 0 replicas no request starts one"
        remedy = "write 1, or see docs/autoscaling.md for what does"
        yield Diagnostic.warning(
            Code.NOTHING_WAKES_FROM_ZERO, message, remedy, field=(*path, "concurrency", "minReplicas"), minimum=0
        )


def _without(name: str, block: object) -> str:
    """Say that the other block has to go too, where there is one."""
    return f" and remove {name}" if block is not None else ""
