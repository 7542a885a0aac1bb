"""Remedies for a pool that matches and is full: more of it, or less on it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from slicewise.diagnostics import counted
from slicewise.documents import DeploymentKey, Fleet, ModelDeployment, nodes_at_a_time, reserved_field
from slicewise.planning.capacity import ChargedPool, PlannedCharge
from slicewise.planning.remedies.remedy import Proposal, Remedy, RemedyKind, Want
from slicewise.planning.remedies.replicas import (
    fewest_replicas,
    replicas_field,
    smallest_near,
    smallest_number,
    with_replicas,
)

_MOST_NODES = 1_000_000  # what the field takes
_STEPS_TRIED = 64
# On a pool of many small deployments, those that nearly suffice alone are the cheapest to ask.
_OTHERS_ASKED = 12


def more_nodes(want: Want, most_units: int | None = None) -> Proposal | None:
    """Return the smallest number of nodes at which the pool takes it, if these add no more than `most_units`."""
    pool = want.place.pool
    field, name = ("node_count", "nodeCount") if pool.max_node_count is None else ("max_node_count", "maxNodeCount")

    def place(nodes: int) -> ChargedPool:
        return want.place.with_pool(**{field: nodes})

    step = nodes_at_a_time(pool, want.place.environment.spec.cluster) if field == "node_count" else 1
    # With one node for each pod there is nothing left to gain from more.
    pods = want.count + sum(charge.count for charge in want.place.all_charges) + pool.reserved_units
    plenty = min(-(-(pool.nodes + pods + want.profile.replica_topology.nodes) // step), _MOST_NODES // step)
    units_of_node = want.units_of_node
    if most_units is not None:
        plenty = min(plenty, (pool.nodes + most_units // units_of_node) // step)
    least = want.place.state.least_nodes(want.pod, want.count, plenty * step)
    if least is None:
        return None
    # Fewer nodes than that add fewer units than are lacking.
    fewest = -(-max(pool.nodes + want.least_nodes, least) // step)
    steps = smallest_near(fewest, plenty, lambda steps: want.fits(place(steps * step)))
    if steps is None:
        return None
    nodes = steps * step
    units = (nodes - pool.nodes) * units_of_node
    remedy = _on_pool(want, RemedyKind.MORE_NODES, (name, nodes, pool.nodes), units)
    larger = place(nodes)
    return Proposal(remedy, want, larger, larger.document)


def fewer_reserved(want: Want) -> Proposal | None:
    """Return the most reserved units with which the pool takes it; documents do not say what they are reserved for."""
    reserved, field = want.place.pool.reserved_units, reserved_field(want.place.pool)

    def place(given_up: int) -> ChargedPool:
        return want.place.with_pool(reserved_units=reserved - given_up)

    if field is None or not reserved or not want.fits(place(reserved)):
        return None
    # They count as pods of the largest size and one of the rest, so fewer are not always easier: each number is tried.
    tried = range(max(want.lacking, 1), reserved)[:_STEPS_TRIED]
    given_up = next((units for units in tried if want.fits(place(units))), reserved)
    left = reserved - given_up
    unused = f", if nothing needs the other {given_up}," if left else ", if nothing needs them,"
    remedy = _on_pool(want, RemedyKind.FEWER_RESERVED, (field, left, reserved), given_up, unused)
    return Proposal(remedy, want, place(given_up), place(given_up).document)


def fewer_replicas(want: Want, served: int, allowed: Callable[[int], bool]) -> Proposal | None:
    """Return the most replicas of its own that the pool takes.

    Args:
        want: What lacks room, or exceeds a quota.
        served: The environments that it has.
        allowed: Whether quotas allow so many replicas there, and in these environments.
    """
    deployment = want.deployment
    nodes, now = want.profile.replica_topology.nodes, deployment.replicas
    most = min(want.place.state.most(want.pod) // nodes, now - 1)
    fewest = fewest_replicas(deployment)
    if most < fewest or not want.place.state.takes(want.pod, most * nodes):
        return None

    def fits(replicas: int) -> bool:
        if not allowed(replicas):
            return False
        if want.profile.prefill is None:
            return True
        return replace(want, deployment=with_replicas(deployment, replicas)).fits(want.place)

    if not fits(fewest):
        return None
    most -= smallest_number(0, most - fewest, lambda fewer: fits(most - fewer))
    field, name = replicas_field(deployment), "maxReplicas" if deployment.autoscaled else "replicas"
    remedy = Remedy(
        kind=RemedyKind.FEWER_REPLICAS,
        message=f"{name} {most} (now {now}) {want.lets_it_run} on {want.place}",
        document=f"ModelDeployment {deployment.key}",
        field=field,
        value=most,
        units=(now - most) * want.least_units * (served + 1),
        environment=want.place.name[0],
        node_pool=want.place.name[1],
        profile=want.profile.name,
    )
    return Proposal(remedy, want, want.place, with_replicas(deployment, most))


def others_give_up(want: Want, fleet: Fleet, served: Mapping[DeploymentKey, Collection[str]]) -> Iterator[Proposal]:
    """Yield what each deployment on the pool that is no more important could give up for it."""
    lacking, priority = max(want.lacking, 1), want.deployment.spec.priority
    enough = [
        (units, deployment)
        for deployment, units in want.place.units_of_deployments.items()
        if units >= lacking
        and deployment != want.deployment.key
        and fleet.deployment[deployment].spec.priority <= priority
    ]
    for _, deployment in sorted(enough)[:_OTHERS_ASKED]:
        # Of a deployment with a prefill workload here its own pods are asked, if there are any.
        mine = (charge for charge in want.place.charges if charge.deployment == deployment and charge.count)
        charge = min(mine, key=lambda charge: charge.is_prefill)
        proposal = _other_gives_up(want, fleet.deployment[deployment], charge, len(served[deployment]))
        if proposal:
            yield proposal


def _other_gives_up(want: Want, other: ModelDeployment, charge: PlannedCharge, environments: int) -> Proposal | None:
    per_replica = charge.count // other.replicas

    def place(replicas: int) -> ChargedPool:
        return want.place.with_count(other.key, replicas * per_replica)

    if not want.fits(place(0)):
        return None
    fewest, now = (other.replicas if charge.is_prefill else fewest_replicas(other)), other.replicas
    unit = per_replica * charge.pod.units * environments
    if fewest < now and want.fits(place(fewest)):
        left = now - smallest_number(1, now - fewest, lambda fewer: want.fits(place(now - fewer)))
        drops = f"drops to maxReplicas {left}" if other.autoscaled else f"drops to {counted(left, 'replica')}"
        remedy = _other(want, RemedyKind.OTHER_DROPS, other, (drops, left), (now - left) * unit)
        return Proposal(remedy, want, place(left), with_replicas(other, left))
    remedy = _other(want, RemedyKind.OTHER_GOES, other, ("is removed", None), now * unit)
    return Proposal(remedy, want, place(0), None)


def _other(want: Want, kind: RemedyKind, other: ModelDeployment, change: tuple[str, int | None], units: int) -> Remedy:
    what, left = change
    now = f" (now {other.replicas})" if left else ""
    return Remedy(
        kind=kind,
        message=f"{want.serves_it} if {other.key} {what}{now}",
        document=f"ModelDeployment {other.key}",
        field=replicas_field(other) if left else "",
        value=left,
        units=units,
        environment=want.place.name[0],
        node_pool=want.place.name[1],
        profile=want.profile.name,
    )


def _on_pool(want: Want, kind: RemedyKind, change: tuple[str, int, int], units: int, provided: str = "") -> Remedy:
    field, value, now = change
    environment, pool = want.place.name
    return Remedy(
        kind=kind,
        message=f"{field} {value} on {want.place} (now {now}){provided} {want.lets_it_run}",
        document=f"InferenceEnvironment {environment}",
        field=f"spec.nodePools[{pool}].{field}",
        value=value,
        units=units,
        environment=environment,
        node_pool=pool,
        profile=want.profile.name,
    )
