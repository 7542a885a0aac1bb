"""Whether a pool could ever serve a profile: every rule but capacity, and the message for the first that fails."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from slicewise.documents import (
    QUANTISED,
    InferenceEnvironment,
    MigPreference,
    ModelDeployment,
    NodePool,
    Precision,
    ReplicaTopology,
    Selector,
    ServingProfile,
)
from slicewise.kubernetes import canonical
from slicewise.planning.plan import Rejection, RejectionCode

Reason = tuple[RejectionCode, str]


def reject_environment(deployment: ModelDeployment, environment: InferenceEnvironment) -> Rejection | None:
    """Return the rejection of the whole environment, if the deployment's selector rules it out."""
    selector = deployment.spec.environment_selector
    if selector.selects(environment.metadata.labels):
        return None
    message = _selector_message("environmentSelector", selector, environment.metadata.labels)
    code = RejectionCode.ENVIRONMENT_SELECTOR
    return Rejection(environment.metadata.name, None, None, code, message)


def reject_pool(
    deployment: ModelDeployment, profile: ServingProfile, environment: InferenceEnvironment, pool: NodePool
) -> Reason | None:
    """Return why `pool` can never serve `deployment` with `profile`: the reason that a person would mend first."""
    return (
        profile_selector_reason(profile, environment)
        or node_pool_selector_reason(deployment, pool)
        or requirement_reason(profile.replica_topology, pool)
    )


def profile_selector_reason(profile: ServingProfile, environment: InferenceEnvironment) -> Reason | None:
    """Return how the profile's selector rules out `environment`, if it does."""
    selector = profile.environment_selector
    if selector.selects(environment.metadata.labels):
        return None
    message = _selector_message("the profile's environmentSelector", selector, environment.metadata.labels)
    return RejectionCode.PROFILE_SELECTOR, message


def node_pool_selector_reason(deployment: ModelDeployment, pool: NodePool) -> Reason | None:
    """Return how the deployment's selector rules out `pool`, if it does."""
    selector = deployment.spec.node_pool_selector
    if selector.selects(pool.labels):
        return None
    return RejectionCode.NODE_POOL_SELECTOR, _selector_message("nodePoolSelector", selector, pool.labels)


def requirement_reason(topology: ReplicaTopology, pool: NodePool) -> Reason | None:
    """Return the first requirement of a replica that `pool` does not meet, if there is one.

    It depends on the pool's capabilities, GPUs a node and number of nodes alone.
    """
    # The reasons come in the order of their codes, so the first that holds is the one to give.
    return next(requirement_reasons(topology, pool), None)


def _selector_message(what: str, selector: Selector, labels: dict[str, str]) -> str:
    key, wanted = next((k, v) for k, v in sorted(selector.match_labels.items()) if labels.get(k) != v)
    got = f"the label is {labels[key]}" if key in labels else "there is no such label"
    return f"{what} wants {key}={wanted}; {got}"


def requirement_reasons(topology: ReplicaTopology, pool: NodePool) -> Iterator[Reason]:
    """Yield every requirement of a replica that `pool` does not meet, the one to mend first before the others."""
    yield from _unit_reasons(topology, pool)
    yield from _network_reasons(topology, pool)
    yield from _shape_reasons(topology, pool)


def _unit_reasons(topology: ReplicaTopology, pool: NodePool) -> Iterator[Reason]:
    needs, has = topology.requires, pool.capabilities
    unit = "slice" if pool.mig else "GPU"
    if needs.memory_per_gpu and has.memory_per_gpu < needs.memory_per_gpu:
        message = f"a {unit} has {canonical(has.memory_per_gpu)}, needs {canonical(needs.memory_per_gpu)}"
        yield RejectionCode.INSUFFICIENT_MEMORY, message
    missing = needs.precision_support - has.precision_support
    if missing:
        known = ", ".join(sorted(has.precision_support)) or "not declared"
        hint = _weights_alone(missing, has.precision_support)
        message = f"needs {', '.join(sorted(missing))}; precisionSupport is {known}{hint}"
        yield RejectionCode.PRECISION_UNSUPPORTED, message


def _weights_alone(missing: AbstractSet[Precision], has: AbstractSet[Precision]) -> str:
    """Say what to require of GPUs for quantised weights: vLLM computes with these in 16 bits where need be."""
    computed = next((each for each in (Precision.BF16, Precision.FP16) if each in has), None)
    if computed is None or not missing <= QUANTISED:
        return ""
    return f" (where only the weights are {' or '.join(sorted(missing))}, require {computed})"


def _network_reasons(topology: ReplicaTopology, pool: NodePool) -> Iterator[Reason]:
    needs, has = topology.requires, pool.capabilities
    if needs.interconnect and not (has.interconnect and has.interconnect.satisfies(needs.interconnect)):
        message = f"{_joined(pool)}, needs {needs.interconnect}"
        yield RejectionCode.INTERCONNECT, message
    bandwidth = has.inter_node_bandwidth
    if needs.inter_node_bandwidth and not (bandwidth and bandwidth.satisfies(needs.inter_node_bandwidth)):
        message = f"the network between nodes is {bandwidth or 'not declared'}, needs {needs.inter_node_bandwidth}"
        yield RejectionCode.INTER_NODE_BANDWIDTH, message
    domain = has.nvlink_domain_size
    if needs.nvlink_domain_size and (domain is None or domain < needs.nvlink_domain_size):
        size = f"is {_counted(domain, 'GPU')}" if domain else "is not declared"
        size = "does not reach slices" if pool.mig else size
        message = f"the NVLink domain {size}, needs {_counted(needs.nvlink_domain_size, 'GPU')}"
        yield RejectionCode.NVLINK_DOMAIN, message


def _joined(pool: NodePool) -> str:
    """Say how the GPUs of a node reach each other; slices do not (NVIDIA MIG User Guide)."""
    joined = pool.capabilities.interconnect
    if pool.mig:
        return "slices do not reach each other"
    return f"the GPUs are joined by {joined}" if joined else "interconnect is not declared"


def _shape_reasons(topology: ReplicaTopology, pool: NodePool) -> Iterator[Reason]:
    wanted = topology.requires.mig
    if topology.nodes > 1 and not pool.capabilities.multi_node_capable:
        message = f"a replica spans {topology.nodes} nodes; multiNodeCapable is false"
        yield RejectionCode.MULTI_NODE_UNSUPPORTED, message
    if pool.mig is None and topology.gpus_per_node > pool.accelerator_count:
        message = f"a node has {_counted(pool.accelerator_count, 'GPU')}, needs {topology.gpus_per_node}"
        yield RejectionCode.GPUS_PER_NODE, message
    if pool.mig and topology.units > 1:
        message = f"a pod gets one slice, a replica needs {topology.units} GPUs; scale by replicas"
        yield RejectionCode.MIG_SINGLE_DEVICE, message
    if pool.mig and wanted is MigPreference.NEVER:
        message = f"the pool is cut into {pool.mig.profile} slices; the profile has mig: never"
        yield RejectionCode.MIG_NOT_ALLOWED, message
    if pool.mig is None and wanted is MigPreference.ONLY:
        yield RejectionCode.MIG_REQUIRED, "the pool has whole GPUs; the profile has mig: only"
    if topology.nodes > pool.nodes:
        message = f"the pool has at most {_counted(pool.nodes, 'node')}, a replica needs {topology.nodes}"
        yield RejectionCode.NOT_ENOUGH_NODES, message


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
