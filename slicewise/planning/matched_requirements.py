"""What replicas and their engines require against what pools are: each distinct pair is compared once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from slicewise.documents import (
    Capabilities,
    ModelSpec,
    NodePool,
    Requirements,
    ServingProfile,
    SizedEngine,
    profile_engine,
    unit_of,
)
from slicewise.planning.engine_fit import EngineFits, too_small
from slicewise.planning.matching import requirement_reason
from slicewise.planning.reasons import Reason
from slicewise.sizing import Unit


class _PoolClass(NamedTuple):
    """All of a pool that requirements are compared with: pools of one class fail the same requirement."""

    capabilities: Capabilities
    accelerator_count: int
    nodes: int
    accelerator_type: str
    """Which unit it has goes by this, where engines are judged."""
    declared: str
    """And by how its memory is written: 20480Mi is another than 20Gi."""


class _Topology(NamedTuple):
    """All of a replica but its engine that is compared with pools."""

    requires: Requirements
    nodes: int
    gpus_per_node: int


class MatchedRequirements(NamedTuple):
    """What replicas require against what pools are."""

    class_of: Sequence[int]
    """For each pool the number of its class: pools of one class fail the same requirement, if any."""
    shape_of: Mapping[int, int]
    """For each serving profile, by its id, the number of its shape: one for all that the same pools could serve."""
    reasons: Sequence[Sequence[Reason | None]]
    """For each shape, for each class: the requirement that keeps such replicas off such pools, if there is one."""
    doubts: Sequence[frozenset[int]]
    """For each shape: the classes on which its engine starts only if its weights are smaller than computed."""
    engines: Mapping[int, SizedEngine]
    """The engines of serving profiles, by their ids, of models that say what they are made of."""
    units: Sequence[Unit]
    """The unit of each class; none where there are no engines to judge."""

    def reason(self, profile: ServingProfile, number: int) -> Reason | None:
        """Return the requirement that keeps the replicas of `profile` off the pool of that number, if there is one."""
        return self.reasons[self.shape_of[id(profile)]][self.class_of[number]]


def match_requirements(
    pools: Sequence[NodePool], serving: Iterable[tuple[ModelSpec, ServingProfile]]
) -> MatchedRequirements:
    """Compare all profiles, each with its model, with all `pools`."""
    profiles = {id(profile): (model, profile) for model, profile in serving}
    engines = {key: engine for key, each in profiles.items() if (engine := profile_engine(*each))}
    # Hashing a part of a document looks at all of it: once for each object.
    numbers: dict[_Topology, int] = {}
    topology_of = {key: numbers.setdefault(_topology(each), len(numbers)) for key, (_, each) in profiles.items()}
    topologies = {topology_of[key]: profile.replica_topology for key, (_, profile) in profiles.items()}
    # More nodes than any replica spans make no difference to a requirement.
    widest = max((topology.nodes for topology in topologies.values()), default=1)
    classes: dict[_PoolClass, int] = {}
    class_of = [classes.setdefault(_pool_class(pool, widest, bool(engines)), len(classes)) for pool in pools]
    examples = [pool for _, pool in sorted(dict(zip(reversed(class_of), reversed(pools), strict=True)).items())]
    required = [[requirement_reason(topologies[number], pool) for pool in examples] for number in range(len(numbers))]
    units = [unit_of(pool) for pool in examples] if engines else []
    stated = {number for number, topology in topologies.items() if topology.requires.memory_per_gpu is not None}
    shapes = _Shapes(required, units, stated)
    shape_of = {key: shapes.number(topology, engines.get(key)) for key, topology in topology_of.items()}
    return MatchedRequirements(class_of, shape_of, shapes.reasons, shapes.doubts, engines, units)


class _Shapes:
    """Replicas by their topology and, where that makes a difference to any pool that this would allow, by their engine.

    What a unit has to have is never in doubt where a profile states it (`stated`, by topology).
    """

    def __init__(
        self, required: Sequence[Sequence[Reason | None]], units: Sequence[Unit], stated: AbstractSet[int]
    ) -> None:
        self._required = required
        self._units = units
        self._fits = EngineFits(units)
        self._stated = stated
        self._numbers: dict[tuple[int, int | None], int] = {}
        self.reasons: list[Sequence[Reason | None]] = []
        self.doubts: list[frozenset[int]] = []

    def number(self, topology: int, engine: SizedEngine | None) -> int:
        key = (topology, id(engine) if engine else None)
        if key not in self._numbers:
            self._numbers[key] = self._new(topology, engine)
        return self._numbers[key]

    def _new(self, topology: int, engine: SizedEngine | None) -> int:
        required = self._required[topology]
        failing = self._fits.failing(engine) if engine else frozenset()
        doubts = self._fits.doubts(engine) if engine and topology not in self._stated else frozenset()
        if engine and not any(required[number] is None for number in failing | doubts):
            return self.number(topology, None)
        allowed = [number for number in failing if required[number] is None]
        short = {number: too_small(engine, self._units[number]) for number in allowed} if engine else {}
        self.doubts.append(doubts)
        self.reasons.append([each or short.get(number) for number, each in enumerate(required)])
        return len(self.reasons) - 1


def _topology(profile: ServingProfile) -> _Topology:
    topology = profile.replica_topology
    return _Topology(topology.requires, topology.nodes, topology.gpus_per_node)


def _pool_class(pool: NodePool, widest: int, judged: bool) -> _PoolClass:
    capabilities, nodes = pool.capabilities, min(pool.nodes, widest)
    if capabilities.mig_configuration and pool.mig is None:
        # What is said of slices (`enabled: false`) makes no difference to whole GPUs.
        capabilities = capabilities.model_copy(update={"mig_configuration": None})
    by_unit = (pool.accelerator_type, pool.unit_memory.text) if judged else ("", "")
    return _PoolClass(capabilities, pool.accelerator_count, nodes, *by_unit)
