"""Remedies in the model's document: a requirement that is not needed, or CPU and memory that no node has.

None makes less memory of a GPU enough, or takes GPUs away: the planner would then prefer the smallest slice, and the
engine would not start there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from slicewise.documents import Fleet, MigPreference, ModelSpec, model_key
from slicewise.kubernetes import GIB, Quantity
from slicewise.planning.capacity import ChargedPool, PlannedCharge, PodSize
from slicewise.planning.reasons import computed_instead
from slicewise.planning.remedies.profiles import with_profile
from slicewise.planning.remedies.remedy import Proposal, Remedy, RemedyKind, Want

_MIB = 1024**2
_CORE = 1000
_LEAST_MILLICORES = 100  # what the field takes


def any_unit(want: Want) -> Proposal | None:
    """Return `mig: any` for a profile that wants nothing but slices, or nothing but whole GPUs."""
    requires = want.profile.replica_topology.requires
    if requires.mig is MigPreference.NEVER and requires.memory_per_gpu is None:
        return None
    will_do = "a slice" if requires.mig is MigPreference.NEVER else "whole GPUs"
    said = (
        f"mig: any (now {requires.mig}) in {_profile(want)}, if {will_do} will do, {want.lets_it_run} on {want.place}"
    )
    return _requiring(want, "mig", "mig", MigPreference.ANY, said)


def without_interconnect(want: Want) -> Proposal | None:
    """Return a profile of one GPU without the interconnect that it has no use for."""
    return _without(want, "interconnect", "interconnect", "one GPU", of_one=want.profile.replica_topology.units == 1)


def without_nvlink_domain(want: Want) -> Proposal | None:
    """Return a profile of one GPU without the NVLink domain that it has no use for."""
    one = want.profile.replica_topology.units == 1
    return _without(want, "nvlink_domain_size", "nvlinkDomainSize", "one GPU", of_one=one)


def without_network(want: Want) -> Proposal | None:
    """Return a profile of one node without the network between nodes that it has no use for."""
    one = want.profile.replica_topology.nodes == 1
    return _without(want, "inter_node_bandwidth", "interNodeBandwidth", "one node", of_one=one)


def weights_alone(want: Want) -> Proposal | None:
    """Return the format that the GPUs of the pool compute in, for quantised weights: vLLM computes in 16 bits then."""
    needs, has = (
        want.profile.replica_topology.requires.precision_support,
        want.place.pool.capabilities.precision_support,
    )
    missing = needs - has
    computed = computed_instead(missing, has)
    if computed is None:
        return None
    instead = (needs - missing) | {computed}
    written = sorted(map(str, instead))
    said = (
        f"precisionSupport: [{', '.join(written)}] in {_profile(want)}, if only its weights are "
        f"{' or '.join(sorted(missing))}, {want.lets_it_run} on {want.place}"
    )
    return _requiring(want, "precision_support", "precisionSupport", instead, said, written)


def smaller_pods(want: Want, fleet: Fleet) -> Proposal | None:
    """Return the most CPU or memory of a pod with which the pool takes it, where not even an empty node has so much."""
    node, pod = want.place.state.node, want.pod
    short = [
        name
        for name, has, asks in (("cpu", node.cpu, pod.cpu), ("memory", node.memory, pod.memory))
        if has is not None and asks > has
    ]
    if len(short) != 1 or node.most(pod):
        return None
    (name,) = short
    for amount in _amounts(name, getattr(node, name), node.units // pod.units):
        resources = want.model.resources
        model = want.model.model_copy(update={"resources": resources.model_copy(update={name: amount})})
        changed = replace(want, model=model)
        place = _recharged(want, fleet, name, amount)
        if changed.fits(place):
            said = (
                f"resources.{name} {amount} (now {getattr(resources, name)}) in {_document(want)}, if its engine needs "
                f"no more, {want.lets_it_run} on {want.place}"
            )
            return _proposal(changed, place, f"spec.resources.{name}", str(amount), said, model)
    return None


def _amounts(name: str, has: int, pods: int) -> Iterator[Quantity]:
    """Yield what each of 1, 2, 3... pods on a node can have of what the node has, in round amounts."""
    for count in range(1, pods + 1):
        share = has // count
        if name == "cpu":
            if share < _LEAST_MILLICORES:
                return
            yield Quantity.parse(f"{share // _CORE}" if share >= _CORE else f"{share}m")
        else:
            if share < _MIB:
                return
            yield Quantity.parse(f"{share // GIB}Gi" if share >= GIB else f"{share // _MIB}Mi")


def _recharged(want: Want, fleet: Fleet, name: str, amount: Quantity) -> ChargedPool:
    """Return the pool as it is when every pod of the model asks for so much: other deployments may serve it, too."""

    def pod(size: PodSize) -> PodSize:
        return size._replace(cpu=amount.millis) if name == "cpu" else size._replace(memory=amount.bytes)

    mine = model_key(want.deployment)

    def changed(charge: PlannedCharge) -> PlannedCharge:
        of_model = model_key(fleet.deployment[charge.deployment]) == mine
        return replace(charge, pod=pod(charge.pod)) if of_model else charge

    return want.place.with_charges(changed)


def _without(want: Want, attribute: str, field: str, what: str, *, of_one: bool) -> Proposal | None:
    if not of_one:
        return None
    said = f"without {field} in {_profile(want)}, which {what} has no use for, {want.serves_it}"
    return _requiring(want, attribute, field, None, said)


def _requiring(
    want: Want, attribute: str, field: str, value: object, said: str, written: object = None
) -> Proposal | None:
    """Return the proposal that the profile requires something else in one field."""
    topology = want.profile.replica_topology
    requires = topology.requires.model_copy(update={attribute: value})
    profile = want.profile.model_copy(
        update={"replica_topology": topology.model_copy(update={"requires": requires})},
    )
    model = with_profile(want.model, profile)
    changed = replace(want, model=model, profile=profile)
    if not changed.fits(want.place):
        return None
    path = f"spec.serving[{profile.name}].replicaTopology.requires.{field}"
    shown = written if written is not None or value is None else str(value)
    return _proposal(changed, want.place, path, shown, said, model)


def _proposal(want: Want, place: ChargedPool, field: str, value: object, message: str, model: ModelSpec) -> Proposal:
    environment, pool = place.name
    remedy = Remedy(
        kind=RemedyKind.MODEL,
        message=message,
        document=_document(want),
        field=field,
        value=value,
        units=0,
        environment=environment,
        node_pool=pool,
        profile=want.profile.name,
    )
    return Proposal(remedy, want, place, model)


def _document(want: Want) -> str:
    return str(model_key(want.deployment).subject)


def _profile(want: Want) -> str:
    return f"the profile {want.profile.name} of {_document(want)}"
