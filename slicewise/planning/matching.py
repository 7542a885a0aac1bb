"""Whether a pool could ever serve a profile: every rule but capacity, and the reason for the first that fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from slicewise.documents import (
    InferenceEnvironment,
    MigPreference,
    ModelDeployment,
    ModelSpec,
    NodePool,
    ReplicaTopology,
    Selector,
    ServingProfile,
)
from slicewise.planning.acceptance import acceptance_reason
from slicewise.planning.engine_fit import candidate_engine_reason
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
    selector = deployment.spec.environment_selector
    if not selector.match_labels:
        return None
    return _mismatch(RejectionCode.ENVIRONMENT_SELECTOR, "environmentSelector", selector, environment.labels)


def reject_candidate(
    deployment: ModelDeployment,
    model: ModelSpec,
    profile: ServingProfile,
    environment: InferenceEnvironment,
    pool: NodePool,
) -> Reason | None:
    """Return why `pool` of `environment` cannot serve `deployment` with `profile` of `model`: what to fix first."""
    return (
        selector_reason(deployment, profile, environment, pool)
        or incapable_reason(model, profile, pool)
        or acceptance_reason(environment, pool)
    )


def incapable_reason(model: ModelSpec, profile: ServingProfile, pool: NodePool) -> Reason | None:
    """Return why no unit of `pool` is of use to `profile` of `model`, whoever asks, if that is so."""
    return requirement_reason(profile.replica_topology, pool) or candidate_engine_reason(model, profile, pool)


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
    selector, whose = profile.environment_selector, "the profile's environmentSelector"
    if not selector.match_labels:
        return None
    return _mismatch(RejectionCode.PROFILE_SELECTOR, whose, selector, environment.labels)


def node_pool_selector_reason(deployment: ModelDeployment, pool: NodePool) -> Reason | None:
    """Return how the deployment's selector rules out `pool`, if it does."""
    selector = deployment.spec.node_pool_selector
    if not selector.match_labels:
        return None
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
    for reasons in _REQUIREMENTS:
        for reason in reasons(topology, pool):
            return reason
    return None


def requirement_reasons(topology: ReplicaTopology, pool: NodePool) -> Iterator[Reason]:
    """Yield every requirement of a replica that `pool` does not meet, the one to fix first before the others."""
    for reasons in _REQUIREMENTS:
        yield from reasons(topology, pool)


def _unit_reasons(topology: ReplicaTopology, pool: NodePool) -> Iterator[Reason]:
    needs, has = topology.requires, pool.capabilities
    if needs.memory_per_gpu and pool.unit_memory < needs.memory_per_gpu:
        yield InsufficientMemory(pool.unit_memory, needs.memory_per_gpu, slices=pool.mig is not None)
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


_REQUIREMENTS: Final = (_unit_reasons, _network_reasons, _shape_reasons)
