"""How much of each resource the engine's container asks for by itself, as kube-scheduler counts it."""

from __future__ import annotations

from math import ceil

from slicewise.documents.pod import PodSettings


def container_amounts(*levels: PodSettings | None) -> dict[str, int]:
    """Return what `pod.container.resources` of `levels`, from below, come to, by resource.

    The request counts, or else the limit; bytes of disk and of huge pages, or a number of devices. A level that says
    anything of a resource replaces what is said of it below.
    """
    found: dict[str, int] = {}
    for pod in levels:
        resources = pod.container.resources if pod and pod.container else None
        if resources is not None:
            amounts = {**(resources.limits or {}), **(resources.requests or {})}
            found |= {name: ceil(amount.value) for name, amount in amounts.items()}
    return found
