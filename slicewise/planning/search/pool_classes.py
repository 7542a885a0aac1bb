"""Pools that no serving profile tells apart, and how pods fit there: each distinct pair is matched once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from slicewise.documents import (
    Fleet,
    ModelDeployment,
    ModelKey,
    ServingProfile,
    model_key,
    prefill_workload,
)
from slicewise.planning.capacity import (
    Extended,
    NodeSize,
    PodAsks,
    PodSize,
    PoolLedger,
    SharedPod,
    are_light_together,
    deployment_asks,
    pod_asks,
)
from slicewise.planning.matched_requirements import MatchedRequirements, match_requirements
from slicewise.planning.reasons import Reason

_Shape = tuple[int, PodAsks]
"""The number of what a replica requires, and what one of its pods asks for."""


@dataclass(frozen=True, slots=True)
class PoolClass:
    """Pools that every shape of replica treats alike, with as much memory and such nodes."""

    number: int
    """That of its first pool."""
    sizes: frozenset[int]
    """The sizes of pods, in units, that the fleet's models can ask of these pools."""
    units_decide: bool
    """Whether units run out before everything else, whichever of those pods come."""
    mixes: bool
    """Whether one of these pools may leave more to other pods than another that has as much room."""


class Fit(NamedTuple):
    """How pods of one shape fit on pools of one class."""

    order: tuple[bool, int, float]
    """Whether the engine's weights may not fit, the memory of a unit, and which part of an empty node's units such pods
    cannot use: less of each is better."""
    pod: PodSize


class Asker(NamedTuple):
    """All of a deployment on which it depends how its pods fit."""

    model: ModelKey
    own: Extended
    """What it asks for beside what the model does."""


FitsOfAskers = Mapping[Asker, Sequence[Mapping[int, Fit]]]
"""For each of the model's profiles, by the numbers of the classes that could serve it if they were empty."""


class PrefillFit(NamedTuple):
    """How the pods of a prefill workload fit."""

    profile: ServingProfile
    """The workload, as a profile of its own."""
    fits: Mapping[int, Fit]


PrefillsOfAskers = Mapping[Asker, Sequence[PrefillFit | None]]
"""For each of the model's profiles; None for one without a prefill workload."""


class PoolClasses(NamedTuple):
    """Every pool's class, and what fits there."""

    of_pool: Sequence[PoolClass]
    """By the pool's number."""
    fits: FitsOfAskers
    prefills: PrefillsOfAskers
    requirements: MatchedRequirements


def asker(deployment: ModelDeployment) -> Asker:
    """Return all of a deployment on which it depends how its pods fit."""
    return Asker(model_key(deployment), deployment_asks(deployment))


def pool_classes(pools: Sequence[PoolLedger], fleet: Fleet) -> PoolClasses:
    """Sort `pools` into classes that no deployment of `fleet` tells apart."""
    askers = dict.fromkeys(map(asker, fleet.deployments))
    models = [(each, fleet.models[each.model]) for each in askers]
    serving = [(each, profile, model) for each, model in models for profile in model.serving]
    own = len(serving)
    # Those of one profile are one object, by which what it requires is found.
    workloads = {id(profile): prefill_workload(profile) for _, profile, _ in serving}
    prefills = [(each, workloads[id(profile)], model) for each, profile, model in serving]
    serving += [(each, profile, model) for each, profile, model in prefills if profile]
    asking = [(model, profile) for _, profile, model in serving]
    requirements = match_requirements([pool.pool for pool in pools], asking)
    class_of, shape_of, reasons, doubts, *_ = requirements
    # Where no node says what disk it has, models by that alone would be of many sizes.
    disk = any(pool.node.storage is not None for pool in pools)
    shapes = [
        (shape_of[id(profile)], pod_asks(model, profile, each.own, disk=disk)) for each, profile, model in serving
    ]
    serves = [
        [_serves(reason, doubted=number in doubtful) for number, reason in enumerate(here)]
        for here, doubtful in zip(reasons, doubts, strict=True)
    ]
    beside = _beside(pools)
    numbers = _first_alike(pools, class_of, serves, beside)
    examples = {number: class_of[number] for number in numbers}
    asked: dict[int, set[PodSize]] = {number: set() for number in examples}
    found: dict[_Shape, dict[int, Fit]] = {}
    for shape in dict.fromkeys(shapes):
        able = (number for number, requirements in examples.items() if serves[shape[0]][requirements])
        found[shape] = {}
        for number in able:
            pool = pools[number]
            pod = pool.node.size_of(shape[1])
            asked[number].add(pod)
            a_node = pool.node.most(pod)
            if a_node:
                wasted = (pool.node.units - a_node * pod.units) / pool.node.units
                doubted = serves[shape[0]][class_of[number]] is _Serves.IF_WEIGHTS_FIT
                order = (doubted, pool.pool.unit_memory.bytes, wasted)
                found[shape][number] = Fit(order, pod)

    def units_decide(number: int, pods: Iterable[PodSize]) -> bool:
        """Return whether units run out first, whatever comes of what may be asked of these nodes."""
        if not beside[number]:
            return all(map(pools[number].node.is_light, pods))
        offers = [number, *beside[number]]
        kinds = {SharedPod(i, pod): 1 for i, each in enumerate(offers) for pod in asked[numbers[each]]}
        return are_light_together([pools[each].node for each in offers], kinds)

    classes = {
        number: PoolClass(
            number,
            frozenset(pod.units for pod in pods),
            units_decide(number, pods),
            pools[number].mixes or len({pod.units for pod in pods}) > 1,
        )
        for number, pods in asked.items()
    }
    # Many shapes fit on the same pools in the same way: they share their lanes.
    same: dict[tuple[tuple[int, Fit], ...], dict[int, Fit]] = {}
    fits: dict[Asker, list[Mapping[int, Fit]]] = {each: [] for each in askers}
    shared = [same.setdefault(tuple(found[shape].items()), found[shape]) for shape in shapes]
    for (each, _, _), where in zip(serving[:own], shared[:own], strict=True):
        fits[each].append(where)
    rest = iter(shared[own:])
    of_prefills: dict[Asker, list[PrefillFit | None]] = {each: [] for each in askers}
    for each, profile, _ in prefills:
        of_prefills[each].append(PrefillFit(profile, next(rest)) if profile else None)
    return PoolClasses([classes[number] for number in numbers], fits, of_prefills, requirements)


class _Serves(IntEnum):
    """Whether pools can serve a shape of replica."""

    NO = 0
    IF_WEIGHTS_FIT = 1
    YES = 2


def _serves(reason: Reason | None, *, doubted: bool) -> _Serves:
    if reason is not None:
        return _Serves.NO
    return _Serves.IF_WEIGHTS_FIT if doubted else _Serves.YES


def _beside(pools: Sequence[PoolLedger]) -> Sequence[Sequence[int]]:
    """Return for each pool the numbers of what its nodes offer beside it and share anything but units with it."""
    number_of = {id(pool): number for number, pool in enumerate(pools)}
    return [[number_of[id(each)] for each in pool.beside] if pool.node.limited else () for pool in pools]


def _first_alike(
    pools: Sequence[PoolLedger],
    requirements: Sequence[int],
    serves: Iterable[Sequence[_Serves]],
    beside: Sequence[Sequence[int]],
) -> list[int]:
    """Return for each pool the number of the first one that is like it in all that planning looks at."""
    able = list(zip(*serves, strict=True))
    first: dict[tuple[object, ...], int] = {}
    known: dict[tuple[object, ...], int] = {}
    numbers = []
    # Hashing a size looks at all of it: once for each pool.
    sizes: dict[NodeSize, int] = {}
    size_of = [sizes.setdefault(pool.node, len(sizes)) for pool in pools]
    for number, (pool, kind) in enumerate(zip(pools, requirements, strict=True)):
        # What else its nodes offer counts too: the pods of all of these share the nodes.
        rest = tuple((requirements[each], size_of[each]) for each in beside[number])
        here = (kind, size_of[number], rest, pool.mixes)
        if here not in known:
            others = tuple((able[each] if able else (), size) for each, size in rest)
            alike = (able[kind] if able else (), pool.pool.unit_memory.bytes, size_of[number], others, pool.mixes)
            known[here] = first.setdefault(alike, number)
        numbers.append(known[here])
    return numbers
