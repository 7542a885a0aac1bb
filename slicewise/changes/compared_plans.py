"""A plan beside an earlier one: every placement of both is added, removed, moved, changed or unchanged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from slicewise.changes.part_changes import Effect, PartChange, changed_parts, effect
from slicewise.changes.service_parts import PartsOfPlan, ServicePart
from slicewise.documents import DeploymentKey
from slicewise.planning import Location, Move, Placement, Plan, PreviousPlacement


class ChangeKind(StrEnum):
    """What a plan does with a placement."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class PlacementChange:
    """What a plan does with a placement.

    Attributes:
        kind: Which of the five.
        before: What the earlier plan had; None of what is added.
        now: What the plan has; None of what is removed.
        parts: What differs, of what is changed or moved.
        effect: What becomes of pods that run, of what is changed.
        move: Why it left its place, of what is moved, or removed though its deployment is still declared.
    """

    kind: ChangeKind
    before: PreviousPlacement | None
    now: Placement | None
    parts: tuple[PartChange, ...] = ()
    effect: Effect = Effect.NONE
    move: Move | None = None

    @property
    def deployment(self) -> DeploymentKey:
        """Whose placement it is."""
        if self.now is not None:
            return self.now.deployment
        if self.before is None:
            raise ValueError(self)
        return self.before.key

    @property
    def environment(self) -> str:
        """Where it is, or was."""
        if self.now is not None:
            return self.now.environment
        return self.before.environment if self.before else ""


@dataclass(frozen=True)
class PlanChanges:
    """All of them, sorted by deployment and environment.

    Attributes:
        every: What becomes of each placement of both plans.
        knows_parts: Whether the earlier plan says what all its services were made of; those of before 0.1 do not.
    """

    every: tuple[PlacementChange, ...]
    knows_parts: bool = True

    def of_kind(self, kind: ChangeKind) -> list[PlacementChange]:
        """Return those of one kind."""
        return [change for change in self.every if change.kind is kind]

    @cached_property
    def counts(self) -> Counter[ChangeKind]:
        """How many there are of each kind."""
        return Counter(change.kind for change in self.every)

    @cached_property
    def kinds(self) -> dict[tuple[str, DeploymentKey], ChangeKind]:
        """Which kind each placement of the plan is of, by its environment and deployment."""
        return {(change.now.environment, change.now.deployment): change.kind for change in self.every if change.now}


def plan_changes(previous: Iterable[PreviousPlacement], plan: Plan, parts: PartsOfPlan) -> PlanChanges:
    """Compare `plan`, whose placements are made of `parts`, with the placements of an earlier one."""
    earlier = list(previous)
    pairs = _pairs(earlier, plan)
    every = [
        *(_of_pair(before, now, parts, move) for before, now, move in pairs),
        *(
            PlacementChange(ChangeKind.ADDED, None, now)
            for now in _without(plan.placements, [now for _, now, _ in pairs])
        ),
    ]
    ordered = sorted(every, key=lambda change: (change.deployment, change.environment, change.kind.value))
    return PlanChanges(tuple(ordered), all(each.parts is not None for each in earlier))


_Pair = tuple[PreviousPlacement, Placement | None, Move | None]


def _pairs(previous: Sequence[PreviousPlacement], plan: Plan) -> list[_Pair]:
    """Return each earlier placement with what has become of it, and why it is not where it was."""
    moves = {(move.deployment, _place(move.source)): move for move in plan.moved}
    left = {(each.deployment, each.environment): each for each in plan.placements}
    # Of two in one environment, which an edited plan may have, the one that stays goes first.
    ordered = sorted(previous, key=lambda each: (each.key, each.environment, not _stays(each, left), each.node_pool))
    found: list[_Pair] = []
    gone: defaultdict[DeploymentKey, list[tuple[PreviousPlacement, Move | None]]] = defaultdict(list)
    for each in ordered:
        move = moves.get((each.key, (each.environment, each.node_pool, each.profile)))
        now = left.pop((each.key, each.environment), None)
        if now is not None:
            found.append((each, now, move))
        else:
            gone[each.key].append((each, move))
    for key, several in gone.items():
        for each, move in several:
            target = (key, move.target.environment) if move and move.target else None
            found.append((each, left.pop(target, None) if target else None, move))
    return found


def _place(location: Location) -> tuple[str, str, str]:
    return (location.environment, location.node_pool, location.profile)


def _stays(before: PreviousPlacement, placed: dict[tuple[DeploymentKey, str], Placement]) -> bool:
    now = placed.get((before.key, before.environment))
    return now is not None and (now.node_pool, now.profile) == (before.node_pool, before.profile)


def _of_pair(
    before: PreviousPlacement, now: Placement | None, parts: PartsOfPlan, move: Move | None
) -> PlacementChange:
    if now is None:
        return PlacementChange(ChangeKind.REMOVED, before, None, move=move)
    current = parts[now.environment, now.deployment]
    if before.parts is None:
        differing, becomes = tuple(_numbers(before, now)), Effect.UNKNOWN
    else:
        differing, becomes = changed_parts(before.parts, current), effect(before.parts, current)
    if _has_moved(before, now) or _has_another_resource(move):
        becomes = becomes if before.environment == now.environment else Effect.SERVICE
        return PlacementChange(ChangeKind.MOVED, before, now, differing, becomes, move)
    if not differing:
        return PlacementChange(ChangeKind.UNCHANGED, before, now)
    return PlacementChange(ChangeKind.CHANGED, before, now, differing, becomes)


def _has_moved(before: PreviousPlacement, now: Placement) -> bool:
    """Return whether its place is another; a prefill workload that is new, or gone, has left none."""
    if (before.environment, before.node_pool, before.profile) != (now.environment, now.node_pool, now.profile):
        return True
    return bool(before.prefill and now.prefill and before.prefill.node_pool != now.prefill.node_pool)


def _has_another_resource(move: Move | None) -> bool:
    """Return whether it has another GPU resource of nodes that offer several."""
    return move is not None and move.target is not None and move.source.resource != move.target.resource


def _numbers(before: PreviousPlacement, now: Placement) -> Iterator[PartChange]:
    """Yield what differs of the numbers that every plan has."""
    if before.replicas != now.replicas:
        yield PartChange(ServicePart.REPLICAS, str(before.replicas), str(now.replicas))
    if (before.nodes_per_replica, before.gpus_per_node) != (now.nodes_per_replica, now.gpus_per_node):
        yield PartChange(ServicePart.PARALLELISM)
    if before.autoscaled != now.autoscaled:
        yield PartChange(ServicePart.AUTOSCALING)


def _without(placements: Iterable[Placement], taken: Iterable[Placement | None]) -> list[Placement]:
    names = {(each.environment, each.deployment) for each in taken if each}
    return [each for each in placements if (each.environment, each.deployment) not in names]
