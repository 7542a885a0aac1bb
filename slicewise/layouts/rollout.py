"""In which order a proposal is carried out, so that nothing that runs is ever without a place.

A deployment moves where its new place is there while it still has its old one. Nodes are cut anew where the others of
their pool hold what is on the pool. Where each waits for the other, one goes to a third place for a while.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from slicewise.documents import DeploymentKey, Fleet, NodePool, offers_of
from slicewise.layouts.pool_proposal import PoolProposal
from slicewise.layouts.split_pools import new_part
from slicewise.planning import Placement, Plan, charged_pools, reject_candidate

# Some nodes of a pool: those that are not cut anew, or the group of a new cut.
_KEPT = -1
_Nodes = tuple[int, int]


@dataclass(frozen=True, slots=True)
class CutStep:
    """Some nodes of a pool are drained and cut anew.

    Attributes:
        pool: The pool.
        group: Which of its new cuts they get.
        nodes: How many.
        occupied: How many of them may have pods, which start again on other nodes of the pool.
    """

    pool: PoolProposal
    group: int
    nodes: int
    occupied: int


@dataclass(frozen=True, slots=True)
class MoveStep:
    """A deployment moves: it has its new place before it leaves the old one.

    Attributes:
        deployment: Which.
        source: The environment and the pool that it leaves.
        target: Those where it goes.
        resource: The GPU resource that it has there.
        reason: Why.
    """

    deployment: DeploymentKey
    source: tuple[str, str]
    target: tuple[str, str]
    resource: str
    reason: str


RolloutStep = CutStep | MoveStep


def rollout(
    fleet: Fleet, pools: Sequence[PoolProposal], running: Iterable[Placement], proposed: Plan
) -> tuple[RolloutStep, ...] | None:
    """Return how `proposed` comes about, a step after the other; None where something would be without a place.

    Args:
        fleet: The documents as they are.
        pools: What is proposed for every pool of them.
        running: What runs, and where.
        proposed: The plan of the documents with the proposal.
    """
    journeys = _journeys(running, proposed)
    return None if journeys is None else _Rollout(fleet, pools, journeys).steps()


@dataclass(frozen=True, slots=True)
class _Journey:
    """Where something that runs is, where it shall be, and why."""

    source: Placement
    target: Placement
    reason: str


def _journeys(running: Iterable[Placement], proposed: Plan) -> list[_Journey] | None:
    """Return where everything that runs goes; None where something has no place any more."""
    places = {(each.deployment, each.environment): each for each in proposed.placements}
    moves = {(each.deployment, each.source.environment): each for each in proposed.moved}
    found = []
    for source in running:
        move = moves.get((source.deployment, source.environment))
        environment = source.environment if move is None else move.target and move.target.environment
        target = places.get((source.deployment, environment)) if environment else None
        if target is None:
            return None
        found.append(_Journey(source, target, move.text if move else "its nodes are cut anew"))
    return found


class _Rollout:
    """The fleet on its way: how many nodes are cut how, and what is where."""

    def __init__(self, fleet: Fleet, pools: Sequence[PoolProposal], journeys: Sequence[_Journey]) -> None:
        self._fleet, self._pools, self._journeys = fleet, pools, journeys
        self._parts: dict[_Nodes, NodePool] = {}
        self._count: dict[_Nodes, int] = {}
        self._named: dict[tuple[str, str], _Nodes] = {}
        # A pool that is cut anew in one way keeps its name.
        self._new_names: dict[tuple[str, str], str] = {}
        for number, item in enumerate(pools):
            pool = item.state.pool
            self._add((number, _KEPT), pool, pool.nodes)
            for group, new in enumerate(item.new):
                part = new_part(pool, new.nodes, new.slices, item.name_of(new))
                self._add((number, group), part, 0)
                if not item.is_split:
                    self._new_names[item.state.key] = part.name
        self._at = [each.source for each in journeys]
        self._goals = [self._on_the_way(each.target) for each in journeys]

    def _add(self, nodes: _Nodes, pool: NodePool, count: int) -> None:
        self._parts[nodes], self._count[nodes] = pool, count
        self._named[self._pools[nodes[0]].state.key[0], pool.name] = nodes

    def _on_the_way(self, target: Placement) -> Placement:
        """Return a placement of the proposal with the names that pools have until all nodes are cut."""

        def named(workload: Placement) -> Placement:
            name = self._new_names.get((workload.environment, workload.node_pool), workload.node_pool)
            return workload._replace(node_pool=name)

        return named(target)._replace(prefill=target.prefill and named(target.prefill))

    def steps(self) -> tuple[RolloutStep, ...] | None:
        """Return all steps in their order; None where none is possible though some are left."""
        found: list[RolloutStep] = []
        waiting = [n for n, goal in enumerate(self._goals) if _places(goal) != _places(self._at[n])]
        parked: set[int] = set()
        while waiting or self._uncut():
            ready = next((number for number in waiting if self._has_room(self._goals[number])), None)
            if ready is not None:
                waiting.remove(ready)
                found.append(self._move(ready, self._goals[ready]))
            elif cut := next(self._cuts(), None):
                found.append(cut)
            elif third := next(self._third_places([number for number in waiting if number not in parked]), None):
                parked.add(third[0])
                found.append(self._move(*third))
            else:
                return None
        return tuple(found)

    def _uncut(self) -> list[_Nodes]:
        """Return the groups of which nodes are not cut yet."""
        return [
            (number, group)
            for number, item in enumerate(self._pools)
            for group, new in enumerate(item.new)
            if self._count[number, group] < new.nodes
        ]

    def _cuts(self) -> Iterator[CutStep]:
        """Cut as many nodes as the others of their pool allow, and yield the step."""
        for nodes in self._uncut():
            number, group = nodes
            kept, item = (number, _KEPT), self._pools[number]
            there, most = self._count[kept], item.new[group].nodes - self._count[nodes]
            # Fewer nodes never hold more.
            count = bisect_left(range(1, most + 1), 1, key=lambda each: not self._holds(kept, there - each))
            if count:
                occupied = max(0, count - max(0, there - self._pods(kept)))
                self._count[kept] -= count
                self._count[nodes] += count
                yield CutStep(item, group, count, occupied)

    def _third_places(self, waiting: Sequence[int]) -> Iterator[tuple[int, Placement]]:
        """Yield where something that waits could go for a while: to other slices of its environment."""
        for number in waiting:
            at = self._at[number]
            if at.prefill:
                continue
            deployment = self._fleet.deployment[at.deployment]
            model, environment = self._fleet.model_of(deployment), self._fleet.environment[at.environment]
            profile = at.profile_of(model)
            for (name, pool), nodes in self._named.items():
                for offer in offers_of(self._parts[nodes]) if name == at.environment and self._count[nodes] else ():
                    place = at._replace(node_pool=pool, resource=offer.resource)
                    fits = reject_candidate(deployment, model, profile, environment, offer) is None
                    if place != at and fits and self._has_room(place):
                        yield number, place

    def _move(self, number: int, target: Placement) -> MoveStep:
        source, self._at[number] = self._at[number], target
        reason = self._journeys[number].reason
        if target is not self._goals[number]:
            reason = "for a while: what is in its new place must leave it first"
        return MoveStep(source.deployment, self._name(source), self._name(target), target.resource, reason)

    def _name(self, placement: Placement) -> tuple[str, str]:
        """Return where a placement is, by the names that pools have in the end."""
        number, group = self._named[placement.environment, placement.node_pool]
        item = self._pools[number]
        is_new = group != _KEPT and not item.is_split
        return placement.environment, item.state.pool.name if is_new else placement.node_pool

    def _has_room(self, target: Placement) -> bool:
        """Return whether a placement has room where it goes, beside all others and itself where it is."""
        here = {self._named[each.environment, each.node_pool] for each in target.workloads}
        return all(self._count[nodes] and self._holds(nodes, self._count[nodes], target) for nodes in here)

    def _holds(self, nodes: _Nodes, count: int, *newcomers: Placement) -> bool:
        """Return whether so many nodes hold what is there, and newcomers."""
        pool = self._parts[nodes].model_copy(update={"node_count": count})
        own = self._on(nodes, pool.name)
        if not count:
            return not own and not newcomers and not any(offer.reserved_units for offer in offers_of(pool))
        environment = self._pools[nodes[0]].state.environment
        spec = environment.spec.model_copy(update={"node_pools": (pool,)})
        fleet = replace(self._fleet, environments=(environment.model_copy(update={"spec": spec}),))
        plan = Plan((*own, *newcomers), (), (), ())
        return all(each.holds for each in charged_pools(fleet, plan).values())

    def _on(self, nodes: _Nodes, pool: str) -> list[Placement]:
        environment = self._pools[nodes[0]].state.key[0]
        return [at for at in self._at if any(_is_on(each, environment, pool) for each in at.workloads)]

    def _pods(self, nodes: _Nodes) -> int:
        """Return how many nodes may have pods: which ones is not known, and reserved units may be pods of others."""
        environment, pool = self._pools[nodes[0]].state.key[0], self._parts[nodes]
        workloads = (each for at in self._at for each in at.workloads if _is_on(each, environment, pool.name))
        pods = sum(each.replicas * each.nodes_per_replica for each in workloads)
        return pods + sum(offer.reserved_units for offer in offers_of(pool))


def _is_on(workload: Placement, environment: str, pool: str) -> bool:
    return (workload.environment, workload.node_pool) == (environment, pool)


def _places(placement: Placement) -> list[tuple[str, ...]]:
    return [(each.environment, each.node_pool, each.profile, each.resource) for each in placement.workloads]
