"""Where pods are, and why they are nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lightkube.resources.core_v1 import Pod

from embedded.api_client import connect

if TYPE_CHECKING:
    from lightkube.models.core_v1 import PodCondition

    from embedded.control_plane import ControlPlane

_GPU_DOMAIN = "nvidia.com/"


@dataclass(frozen=True)
class PodState:
    """A pod as the cluster sees it.

    Attributes:
        name: The pod's name.
        node: The node that it is on; None while it is on none.
        phase: Pending, Running, Succeeded or Failed.
        ready: Whether it serves.
        gpus: The GPU resources that its containers ask for, like {"nvidia.com/mig-3g.40gb": 1}.
        message: Why it is on no node, in the scheduler's words; empty when it is on one.
    """

    name: str
    node: str | None
    phase: str
    ready: bool
    gpus: Mapping[str, int]
    message: str


def pods_of(plane: ControlPlane, namespace: str) -> list[PodState]:
    """Return the pods of a namespace, by name; those that are being deleted are among them."""
    with connect(plane) as client:
        return sorted((_state(pod) for pod in client.list(Pod, namespace=namespace)), key=lambda state: state.name)


def _state(pod: Pod) -> PodState:
    metadata, spec, status = pod.metadata, pod.spec, pod.status
    if not (metadata and metadata.name and spec and status):
        raise ValueError(pod)  # the API server gives each pod all of them
    gpus = Counter[str]()
    for container in spec.containers:
        limits = (container.resources and container.resources.limits) or {}
        gpus.update({resource: int(count) for resource, count in limits.items() if resource.startswith(_GPU_DOMAIN)})
    conditions = {condition.type: condition for condition in status.conditions or []}
    return PodState(
        name=metadata.name,
        node=spec.nodeName,
        phase=status.phase or "",
        ready=_is_true(conditions.get("Ready")),
        gpus=dict(gpus),
        message="" if spec.nodeName else _message(conditions.get("PodScheduled")),
    )


def _is_true(condition: PodCondition | None) -> bool:
    return condition is not None and condition.status == "True"


def _message(condition: PodCondition | None) -> str:
    return (condition and condition.message) or ""
