"""The one field of a deployment that says how many replicas there may be, and how few it may be set to."""

from __future__ import annotations

from collections.abc import Callable

from slicewise.documents import FixedScaling, ModelDeployment


def fewest_replicas(deployment: ModelDeployment) -> int:
    """Return the fewest replicas that the one field may be set to."""
    concurrency = deployment.spec.scaling.concurrency
    return max(concurrency.min_replicas, 1) if deployment.autoscaled and concurrency else 1


def with_replicas(deployment: ModelDeployment, replicas: int) -> ModelDeployment:
    """Return the document with the one field changed that says how many replicas there may be."""
    scaling = deployment.spec.scaling
    if deployment.autoscaled and scaling.concurrency:
        concurrency = scaling.concurrency.model_copy(update={"max_replicas": replicas})
        scaling = scaling.model_copy(update={"concurrency": concurrency})
    else:
        scaling = scaling.model_copy(update={"fixed": FixedScaling(replicas=replicas)})
    return deployment.model_copy(update={"spec": deployment.spec.model_copy(update={"scaling": scaling})})


def replicas_field(deployment: ModelDeployment) -> str:
    """Return the field that says how many replicas there may be."""
    return "spec.scaling.concurrency.maxReplicas" if deployment.autoscaled else "spec.scaling.fixed.replicas"


def smallest_number(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Return the smallest number within `low`..`high` for which `holds`, given that it holds for `high`."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def smallest_near(low: int, high: int, holds: Callable[[int], bool]) -> int | None:
    """Return the smallest number in `low`..`high` for which `holds`, tried from `low` on; None where there is none."""
    step = 1
    while low <= high:
        tried = min(low + step - 1, high)
        if holds(tried):
            return smallest_number(low, tried, holds)
        low, step = tried + 1, step * 2
    return None
