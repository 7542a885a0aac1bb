"""Which one resource beside GPUs, CPU and memory keeps pods off a pool, and in what steps it is written."""

from __future__ import annotations

from dataclasses import replace

from slicewise.documents import Fleet, model_key, prefill_workload
from slicewise.kubernetes import GIB, HUGE_PAGES, Quantity, shown_amount
from slicewise.planning.capacity import ChargedPool, Counted, PlannedCharge, PodSize
from slicewise.planning.remedies.remedy import Want

_OF_MODEL = (Counted.CPU, Counted.MEMORY)
_PLAIN = 1


def only_short(want: Want) -> str | None:
    """Return the disk, device or places for pods that alone are short, by Kubernetes' name; None if it is not so."""
    state = want.place.state
    if all(name in _OF_MODEL for name, _ in state.node.limits()):
        return None
    short = state.node.lacking(want.pod) or state.short_of(want.pod, want.count)
    return short[0] if len(short) == 1 and short[0] not in _OF_MODEL else None


def step_of(resource: str) -> int:
    """Return what amounts of a resource are multiples of: a page of huge pages, 1Gi of disk, one device."""
    if resource.startswith(HUGE_PAGES):
        return int(Quantity.parse(resource.removeprefix(HUGE_PAGES)).value)
    return GIB if resource == Counted.STORAGE else _PLAIN


def written_amount(resource: str, amount: int) -> str | int:
    """Return an amount as documents have it: 40Gi, or a number of devices."""
    return amount if step_of(resource) == _PLAIN else shown_amount(resource, Quantity.parse(str(amount)).value)


def recounted(want: Want, fleet: Fleet, place: ChargedPool) -> ChargedPool:
    """Return `place` with every pod there as large as it is with the model and the deployment of `want`."""
    node = replace(place, charges=()).state

    def size(charge: PlannedCharge) -> PodSize:
        own = charge.deployment == want.deployment.key
        deployment = want.deployment if own else fleet.deployment[charge.deployment]
        mine = model_key(deployment) == model_key(want.deployment)
        model = want.model if mine else fleet.model_of(deployment)
        profile = model.profile(charge.profile)
        workload = prefill_workload(profile) if charge.is_prefill else None
        return node.pod_size(model, workload or profile, deployment)

    return place.with_charges(lambda charge: replace(charge, pod=size(charge)))
