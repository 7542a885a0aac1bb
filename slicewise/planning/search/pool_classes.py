"""Pools that no serving profile tells apart, and how pods fit there: each distinct pair is matched once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from slicewise.documents import ModelKey, ModelSpec, ServingProfile, prefill_workload
from slicewise.planning.capacity import PodSize, PoolLedger, pod_asks
from slicewise.planning.matching import MatchedRequirements, match_requirements

_Shape = tuple[int, PodSize]
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


class Fit(NamedTuple):
    """How pods of one shape fit on pools of one class."""

    order: tuple[int, float]
    """The memory of a unit, and which part of an empty node's units such pods cannot use: less of both is better."""
    pod: PodSize


FitsOfModels = Mapping[ModelKey, Sequence[Mapping[int, Fit]]]
"""For each of a model's profiles, by the numbers of the classes that could serve it if they were empty."""


class PrefillFit(NamedTuple):
    """How the pods of a prefill workload fit."""

    profile: ServingProfile
    """The workload, as a profile of its own."""
    fits: Mapping[int, Fit]


PrefillsOfModels = Mapping[ModelKey, Sequence[PrefillFit | None]]
"""For each of a model's profiles; None for one without a prefill workload."""


class PoolClasses(NamedTuple):
    """Every pool's class, and what fits there."""

    of_pool: Sequence[PoolClass]
    """By the pool's number."""
    fits: FitsOfModels
    prefills: PrefillsOfModels
    requirements: MatchedRequirements


def pool_classes(pools: Sequence[PoolLedger], models: Mapping[ModelKey, ModelSpec]) -> PoolClasses:
    """Sort `pools` into classes that no profile of `models` tells apart."""
    serving = [(name, profile, model) for name, model in models.items() for profile in model.serving]
    own = len(serving)
    prefills = [(name, prefill_workload(profile), model) for name, profile, model in serving]
    serving += [(name, profile, model) for name, profile, model in prefills if profile]
    asking = [(model, profile) for _, profile, model in serving]
    requirements = match_requirements([pool.pool for pool in pools], asking)
    class_of, shape_of, reasons = requirements
    shapes = [(shape_of[id(profile)], pod_asks(profile.replica_topology, model)) for model, profile in asking]
    serves = [[reason is None for reason in here] for here in reasons]
    numbers = _first_alike(pools, class_of, serves)
    examples = {number: class_of[number] for number in numbers}
    asked: dict[int, set[PodSize]] = {number: set() for number in examples}
    found: dict[_Shape, dict[int, Fit]] = {}
    for shape in dict.fromkeys(shapes):
        able = (number for number, requirements in examples.items() if serves[shape[0]][requirements])
        found[shape] = {}
        for number in able:
            pool = pools[number]
            pod = pool.node.known_part(shape[1])
            asked[number].add(pod)
            a_node = pool.node.most(pod)
            if a_node:
                wasted = (pool.node.units - a_node * pod.units) / pool.node.units
                found[shape][number] = Fit((pool.pool.capabilities.memory_per_gpu.bytes, wasted), pod)
    classes = {
        number: PoolClass(number, frozenset(pod.units for pod in pods), all(map(pools[number].node.is_light, pods)))
        for number, pods in asked.items()
    }
    # Many shapes fit on the same pools in the same way: they share their lanes.
    same: dict[tuple[tuple[int, Fit], ...], dict[int, Fit]] = {}
    fits: dict[ModelKey, list[Mapping[int, Fit]]] = {name: [] for name in models}
    shared = [same.setdefault(tuple(found[shape].items()), found[shape]) for shape in shapes]
    for (name, _, _), where in zip(serving[:own], shared[:own], strict=True):
        fits[name].append(where)
    rest = iter(shared[own:])
    of_prefills: dict[ModelKey, list[PrefillFit | None]] = {name: [] for name in models}
    for name, profile, _ in prefills:
        of_prefills[name].append(PrefillFit(profile, next(rest)) if profile else None)
    return PoolClasses([classes[number] for number in numbers], fits, of_prefills, requirements)


def _first_alike(
    pools: Sequence[PoolLedger], requirements: Sequence[int], serves: Iterable[Sequence[bool]]
) -> list[int]:
    """Return for each pool the number of the first one that is like it in all that planning looks at."""
    able = list(zip(*serves, strict=True))
    first: dict[tuple[object, ...], int] = {}
    known: dict[tuple[object, ...], int] = {}
    numbers = []
    for number, (pool, kind) in enumerate(zip(pools, requirements, strict=True)):
        here = (kind, pool.node)
        if here not in known:
            alike = (able[kind] if able else (), pool.pool.capabilities.memory_per_gpu.bytes, pool.node)
            known[here] = first.setdefault(alike, number)
        numbers.append(known[here])
    return numbers
