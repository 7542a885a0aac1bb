"""Remedies in what a pool says that its nodes have: more disk, more of a device, or places for more pods."""

from __future__ import annotations

from slicewise.documents import Allocatable
from slicewise.kubernetes import Quantity
from slicewise.planning.capacity import ChargedPool, Counted
from slicewise.planning.remedies.remedy import Proposal, Remedy, RemedyKind, Want
from slicewise.planning.remedies.replicas import smallest_number
from slicewise.planning.remedies.short_resources import only_short, step_of, written_amount


def more_declared(want: Want) -> Proposal | None:
    """Return the least that nodes would have to have of the one resource that is short."""
    resource = only_short(want)
    if resource is None:
        return None
    state, step = want.place.state, step_of(resource)
    has = dict(state.node.limits()).get(resource, 0)

    def place(steps: int) -> ChargedPool:
        return want.place.with_pool(allocatable=_with(want.place.pool.allocatable, resource, steps * step))

    # A node full of the pods that ask for most of it; each takes a unit at least.
    largest = max(pod.of(resource) for pod in (want.pod, *(charge.pod for charge in want.place.all_charges)))
    units = sum(each.node.units for each in (state, *state.beside))
    fewest, plenty = has // step + 1, -(-largest * units // step)
    if plenty < fewest or not want.fits(place(plenty)):
        return None
    steps = smallest_number(fewest, plenty, lambda steps: want.fits(place(steps)))
    return _proposal(want, place(steps), resource, has, steps * step)


def _with(allocatable: Allocatable, resource: str, amount: int) -> Allocatable:
    if resource == Counted.PODS:
        return allocatable.model_copy(update={"pods": amount})
    quantity = Quantity.parse(str(written_amount(resource, amount)))
    if resource == Counted.STORAGE:
        return allocatable.model_copy(update={"ephemeral_storage": quantity})
    return allocatable.model_copy(
        update={"extended_resources": {**allocatable.extended_resources, resource: quantity}},
    )


def _proposal(want: Want, place: ChargedPool, resource: str, has: int, amount: int) -> Proposal:
    fields = {Counted.PODS.value: "pods", Counted.STORAGE.value: "ephemeralStorage"}
    field = fields.get(resource, f"extendedResources.{resource}")
    environment, pool = place.name
    written = written_amount(resource, amount)
    now = written_amount(resource, has) if has else "none"
    remedy = Remedy(
        kind=RemedyKind.DECLARATION,
        message=(f"allocatable.{field}: {written} (now {now}) on {place}, if its nodes have it, {want.lets_it_run}"),
        document=f"InferenceEnvironment {environment}",
        field=f"spec.nodePools[{pool}].allocatable.{field}",
        value=written,
        units=0,
        environment=environment,
        node_pool=pool,
        profile=want.profile.name,
    )
    return Proposal(remedy, want, place, place.document)
