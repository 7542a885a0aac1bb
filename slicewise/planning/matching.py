"""Whether a pool could ever serve a profile: every rule but capacity, and the reason for the first that fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from slicewise.documents import (
    Capabilities,
    InferenceEnvironment,
    MigPreference,
    ModelDeployment,
    ModelSpec,
    NodePool,
    ReplicaTopology,
    Requirements,
    Selector,
    ServingProfile,
    unit_of,
)
from slicewise.planning.engine_fit import SizedEngine, candidate_engine_reason, engine_reason, sized_engine
from slicewise.planning.reasons import (
    InsufficientMemory,
    InterconnectTooSlow,
    MultiNodeUnsupported,
    NetworkTooSlow,
    NvlinkDomainTooSmall,
    PrecisionUnsupported,
    Reason,
    RejectionCode,
    SelectorMismatch,
    SingleSlice,
    SlicesNotAllowed,
    SlicesRequired,
    TooFewGpus,
    TooFewNodes,
)
from slicewise.sizing import Unit


def reject_environment(deployment: ModelDeployment, environment: InferenceEnvironment) -> Reason | None:
    """Return why the deployment's selector rules out all of `environment`, if it does."""
    selector, labels = deployment.spec.environment_selector, environment.labels
    return _mismatch(RejectionCode.ENVIRONMENT_SELECTOR, "environmentSelector", selector, labels)


def reject_candidate(
    deployment: ModelDeployment,
    model: ModelSpec,
    profile: ServingProfile,
    environment: InferenceEnvironment,
    pool: NodePool,
) -> Reason | None:
    """Return why `pool` of `environment` can never serve `deployment` with `profile` of `model`: what to fix first."""
    return (
        selector_reason(deployment, profile, environment, pool)
        or requirement_reason(profile.replica_topology, pool)
        or candidate_engine_reason(model, profile, pool)
    )


def selector_reason(
    deployment: ModelDeployment, profile: ServingProfile, environment: InferenceEnvironment, pool: NodePool
) -> Reason | None:
    """Return the first selector of `deployment` or `profile` that rules out `pool` of `environment`, if one does."""
    return (
        reject_environment(deployment, environment)
        or profile_selector_reason(profile, environment)
        or node_pool_selector_reason(deployment, pool)
    )


def profile_selector_reason(profile: ServingProfile, environment: InferenceEnvironment) -> Reason | None:
    """Return how the profile's selector rules out `environment`, if it does."""
    selector, labels = profile.environment_selector, environment.labels
    return _mismatch(RejectionCode.PROFILE_SELECTOR, "the profile's environmentSelector", selector, labels)


def node_pool_selector_reason(deployment: ModelDeployment, pool: NodePool) -> Reason | None:
    """Return how the deployment's selector rules out `pool`, if it does."""
    selector = deployment.spec.node_pool_selector
    return _mismatch(RejectionCode.NODE_POOL_SELECTOR, "nodePoolSelector", selector, pool.labels)


def unmet_labels(selector: Selector, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the entries of `selector` that `labels` do not meet, sorted."""
    return sorted((key, value) for key, value in selector.match_labels.items() if labels.get(key) != value)


def _mismatch(
    code: RejectionCode, whose: str, selector: Selector, labels: Mapping[str, str]
) -> SelectorMismatch | None:
    if selector.selects(labels):
        return None
    key, wanted = unmet_labels(selector, labels)[0]
    return SelectorMismatch(code, whose, key, wanted, labels.get(key))


def requirement_reason(topology: ReplicaTopology, pool: NodePool) -> Reason | None:
    """Return the first requirement of a replica that `pool` does not meet, if there is one.

    It depends on the pool's capabilities, GPUs a node and number of nodes alone.
    """
    # The reasons come in the order of their codes, so the first that holds is the one to give.
    return next(requirement_reasons(topology, pool), None)


def requirement_reasons(topology: ReplicaTopology, pool: NodePool) -> Iterator[Reason]:
    """Yield every requirement of a replica that `pool` does not meet, the one to fix first before the others."""
    yield from _unit_reasons(topology, pool)
    yield from _network_reasons(topology, pool)
    yield from _shape_reasons(topology, pool)


def _unit_reasons(topology: ReplicaTopology, pool: NodePool) -> Iterator[Reason]:
    needs, has = topology.requires, pool.capabilities
    if needs.memory_per_gpu and has.memory_per_gpu < needs.memory_per_gpu:
        yield InsufficientMemory(has.memory_per_gpu, needs.memory_per_gpu, slices=pool.mig is not None)
    missing = needs.precision_support - has.precision_support
    if missing:
        yield PrecisionUnsupported(frozenset(missing), frozenset(has.precision_support))


def _network_reasons(topology: ReplicaTopology, pool: NodePool) -> Iterator[Reason]:
    needs, has = topology.requires, pool.capabilities
    slices = pool.mig is not None
    if needs.interconnect and not (has.interconnect and has.interconnect.satisfies(needs.interconnect)):
        yield InterconnectTooSlow(has.interconnect, needs.interconnect, slices)
    bandwidth = has.inter_node_bandwidth
    if needs.inter_node_bandwidth and not (bandwidth and bandwidth.satisfies(needs.inter_node_bandwidth)):
        yield NetworkTooSlow(str(bandwidth) if bandwidth else None, str(needs.inter_node_bandwidth))
    domain = has.nvlink_domain_size
    if needs.nvlink_domain_size and (domain is None or domain < needs.nvlink_domain_size):
        yield NvlinkDomainTooSmall(domain, needs.nvlink_domain_size, slices)


def _shape_reasons(topology: ReplicaTopology, pool: NodePool) -> Iterator[Reason]:
    wanted = topology.requires.mig
    if topology.nodes > 1 and not pool.capabilities.multi_node_capable:
        yield MultiNodeUnsupported(topology.nodes)
    if pool.mig is None and topology.gpus_per_node > pool.accelerator_count:
        yield TooFewGpus(pool.accelerator_count, topology.gpus_per_node)
    if pool.mig and topology.units > 1:
        yield SingleSlice(topology.units)
    if pool.mig and wanted is MigPreference.NEVER:
        yield SlicesNotAllowed(str(pool.mig.profile))
    if pool.mig is None and wanted is MigPreference.ONLY:
        yield SlicesRequired()
    if topology.nodes > pool.nodes:
        yield TooFewNodes(pool.nodes, topology.nodes)


class _PoolClass(NamedTuple):
    """All of a pool that requirements are compared with: pools of one class fail the same requirement."""

    capabilities: Capabilities
    accelerator_count: int
    nodes: int
    unit: Unit | None
    """What engines are judged on; None where none is."""


class _Shape(NamedTuple):
    """All of a replica that is compared with pools."""

    requires: Requirements
    nodes: int
    gpus_per_node: int
    engine: SizedEngine | None


class MatchedRequirements(NamedTuple):
    """What replicas require against what pools are: each distinct pair is compared once."""

    class_of: Sequence[int]
    """For each pool the number of its class: pools of one class fail the same requirement, if any."""
    shape_of: Mapping[int, int]
    """For each serving profile, by its id, the number of its shape: one for all that require the same."""
    reasons: Sequence[Sequence[Reason | None]]
    """For each shape, for each class: the requirement that keeps such replicas off such pools, if there is one."""

    def reason(self, profile: ServingProfile, number: int) -> Reason | None:
        """Return the requirement that keeps the replicas of `profile` off the pool of that number, if there is one."""
        return self.reasons[self.shape_of[id(profile)]][self.class_of[number]]


def match_requirements(
    pools: Sequence[NodePool], serving: Iterable[tuple[ModelSpec, ServingProfile]]
) -> MatchedRequirements:
    """Compare all profiles, each with its model, with all `pools`."""
    # Hashing a part of a document looks at all of it: once for each object.
    objects = {id(profile): (profile, sized_engine(model, profile)) for model, profile in serving}
    numbers: dict[_Shape, int] = {}
    shape_of = {key: numbers.setdefault(_shape(*each), len(numbers)) for key, each in objects.items()}
    shapes = {shape_of[key]: each for key, each in reversed(objects.items())}
    # More nodes than any replica spans make no difference to a requirement.
    widest = max((profile.replica_topology.nodes for profile, _ in shapes.values()), default=1)
    judged = any(engine for _, engine in shapes.values())
    classes: dict[_PoolClass, int] = {}
    class_of = [classes.setdefault(_pool_class(pool, widest, judged=judged), len(classes)) for pool in pools]
    examples = dict(zip(reversed(class_of), reversed(pools), strict=True))
    reasons = [
        [_first_reason(*shapes[shape], examples[number], each.unit) for each, number in classes.items()]
        for shape in range(len(numbers))
    ]
    return MatchedRequirements(class_of, shape_of, reasons)


def _shape(profile: ServingProfile, engine: SizedEngine | None) -> _Shape:
    topology = profile.replica_topology
    return _Shape(topology.requires, topology.nodes, topology.gpus_per_node, engine)


def _pool_class(pool: NodePool, widest: int, *, judged: bool) -> _PoolClass:
    unit = unit_of(pool) if judged else None
    return _PoolClass(pool.capabilities, pool.accelerator_count, min(pool.nodes, widest), unit)


def _first_reason(
    profile: ServingProfile, engine: SizedEngine | None, pool: NodePool, unit: Unit | None
) -> Reason | None:
    required = requirement_reason(profile.replica_topology, pool)
    return required if required or engine is None or unit is None else engine_reason(engine, unit)
