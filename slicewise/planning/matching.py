"""Whether a pool could ever serve a profile: every rule but capacity, and the reason for the first that fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from slicewise.documents import (
    Capabilities,
    InferenceEnvironment,
    MigPreference,
    ModelDeployment,
    NodePool,
    ReplicaTopology,
    Requirements,
    Selector,
    ServingProfile,
)
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


def reject_environment(deployment: ModelDeployment, environment: InferenceEnvironment) -> Reason | None:
    """Return why the deployment's selector rules out all of `environment`, if it does."""
    selector, labels = deployment.spec.environment_selector, environment.metadata.labels
    return _mismatch(RejectionCode.ENVIRONMENT_SELECTOR, "environmentSelector", selector, labels)


def reject_candidate(
    deployment: ModelDeployment, profile: ServingProfile, environment: InferenceEnvironment, pool: NodePool
) -> Reason | None:
    """Return why `pool` of `environment` can never serve `deployment` with `profile`: the reason to fix first."""
    return reject_environment(deployment, environment) or reject_pool(deployment, profile, environment, pool)


def reject_pool(
    deployment: ModelDeployment, profile: ServingProfile, environment: InferenceEnvironment, pool: NodePool
) -> Reason | None:
    """Return why `pool` can never serve `deployment` with `profile`: the reason that a person would fix first."""
    return (
        profile_selector_reason(profile, environment)
        or node_pool_selector_reason(deployment, pool)
        or requirement_reason(profile.replica_topology, pool)
    )


def profile_selector_reason(profile: ServingProfile, environment: InferenceEnvironment) -> Reason | None:
    """Return how the profile's selector rules out `environment`, if it does."""
    selector, labels = profile.environment_selector, environment.metadata.labels
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
    entries = unmet_labels(selector, labels)
    if not entries:
        return None
    key, wanted = entries[0]
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


class _Shape(NamedTuple):
    """All of a replica that is compared with pools."""

    requires: Requirements
    nodes: int
    gpus_per_node: int


class MatchedRequirements(NamedTuple):
    """What replicas require against what pools are: each distinct pair is compared once."""

    class_of: Sequence[int]
    """For each pool the number of its class: pools of one class fail the same requirement, if any."""
    shape_of: Mapping[int, int]
    """For each topology, by its id, the number of its shape: one for all topologies that require the same."""
    reasons: Sequence[Sequence[Reason | None]]
    """For each shape, for each class: the requirement that keeps such replicas off such pools, if there is one."""


def match_requirements(pools: Sequence[NodePool], topologies: Iterable[ReplicaTopology]) -> MatchedRequirements:
    """Compare all `topologies` with all `pools`."""
    # Hashing a part of a document looks at all of it: once for each object.
    objects = {id(topology): topology for topology in topologies}
    numbers: dict[_Shape, int] = {}
    shape_of = {
        key: numbers.setdefault(_Shape(topology.requires, topology.nodes, topology.gpus_per_node), len(numbers))
        for key, topology in objects.items()
    }
    shapes = {shape_of[key]: topology for key, topology in reversed(objects.items())}
    # More nodes than any replica spans make no difference to a requirement.
    widest = max((topology.nodes for topology in shapes.values()), default=1)
    classes: dict[_PoolClass, int] = {}
    class_of = [
        classes.setdefault(_PoolClass(pool.capabilities, pool.accelerator_count, min(pool.nodes, widest)), len(classes))
        for pool in pools
    ]
    examples = dict(zip(reversed(class_of), reversed(pools), strict=True))
    reasons = [
        [requirement_reason(shapes[shape], examples[number]) for number in range(len(classes))]
        for shape in range(len(numbers))
    ]
    return MatchedRequirements(class_of, shape_of, reasons)
