"""What a deployment needs that no pool has, and that no change of one field would give it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from slicewise.diagnostics import counted
from slicewise.documents import (
    Fleet,
    MigPreference,
    ModelDeployment,
    ModelSpec,
    ReplicaTopology,
    Selector,
    ServingProfile,
    offers_of,
    prefill_workload,
    slices_alone,
)
from slicewise.kubernetes import GIB, Quantity, readable
from slicewise.planning.engine_fit import candidate_engine_reason
from slicewise.planning.plan import Shortfall
from slicewise.planning.reasons import EngineMemoryTooSmall, RejectionCode
from slicewise.planning.rejection_groups import RejectionGroup

# Sizes of nodes as clouds and vendors have them.
_GPUS_OF_A_NODE = (2, 4, 8)
_ORDER = {code: number for number, code in enumerate(RejectionCode)}


class NoRemedyCode(StrEnum):
    """Why no change to one field helps."""

    CONTRADICTION = "profile-contradiction"
    """The profile asks for what excludes itself, so that no pool can serve it (SW338)."""
    QUOTA_AND_MORE = "quota-and-more"
    """A quota forbids it, and another limit, or the room on the pools, is too small as well."""
    ANOTHER_POOL = "another-pool"
    """A pool would have to differ in more than one field from every one that there is."""


@dataclass(frozen=True, slots=True)
class NoRemedy:
    """That no change to one field helps, and what would."""

    code: NoRemedyCode
    profile: str
    """The one that comes closest to being served."""
    message: str

    def __str__(self) -> str:
        """Write it on one line."""
        kind = "remedy" if self.code is NoRemedyCode.CONTRADICTION else "no remedy"
        return f"{kind}: {self.message}"


def no_remedy(fleet: Fleet, shortfall: Shortfall, rejections: Iterable[RejectionGroup]) -> NoRemedy:
    """Return what a pool would need for the profile that comes closest to being served; used where no remedy exists."""
    deployment = fleet.deployment[shortfall.deployment]
    model = fleet.model_of(deployment)
    candidates = [item for item in rejections if item.profile]
    if candidates:
        profile = model.profile(max(candidates, key=lambda item: _ORDER[item.code]).profile or "")
    else:
        profile = model.serving[0]
    several = len(model.serving) > 1
    topology = profile.replica_topology
    if contradiction := slices_alone(topology):
        message = f"in profile {profile.name}, {contradiction.text}" if several else contradiction.text
        return NoRemedy(NoRemedyCode.CONTRADICTION, profile.name, message)
    with_profile = f" with {profile.name}" if several else ""
    if refusal := next((item for item in candidates if item.code is RejectionCode.QUOTA), None):
        message = (
            f"no change to one field would let it run{with_profile}: {refusal.reason.text}, and beside that another "
            "limit, or the room on the pools, is too small"
        )
        return NoRemedy(NoRemedyCode.QUOTA_AND_MORE, profile.name, message)
    enough = _enough(candidates, profile)
    message = (
        f"no change to one field would let it run{with_profile}; it needs {_place(deployment, profile, enough)}, with "
        f"room for {_room(deployment, model, topology)}"
    )
    if enough and (spread := _spread(fleet, model, profile)):
        message += f"; or {spread}"
    if prefill := prefill_workload(profile):
        message += (
            f", and in the same environment a pool of {', '.join(_pool(prefill.replica_topology))} for its prefill"
        )
    return NoRemedy(NoRemedyCode.ANOTHER_POOL, profile.name, message)


def _enough(candidates: Iterable[RejectionGroup], profile: ServingProfile) -> int | None:
    """Return the bytes of a unit on which the engine of a profile surely starts, where that is what is lacking."""
    reasons = (item.reason for item in candidates if item.profile == profile.name)
    amounts = (each.shortage.enough for each in reasons if isinstance(each, EngineMemoryTooSmall))
    return min(filter(None, amounts), default=None)


def _spread(fleet: Fleet, model: ModelSpec, profile: ServingProfile) -> str:
    """Return with how many GPUs of a node the engine may start on a pool that is there; an empty text for none."""
    topology = profile.replica_topology
    pools = [
        (environment.metadata.name, pool)
        for environment in fleet.environments
        for pool in chain.from_iterable(map(offers_of, environment.spec.node_pools))
        if pool.mig is None
    ]
    for gpus in _GPUS_OF_A_NODE if topology.units == 1 else ():
        wider = profile.model_copy(
            update={"replica_topology": topology.model_copy(update={"gpus_per_node": gpus})},
        )
        for environment, pool in pools:
            if pool.accelerator_count >= gpus and candidate_engine_reason(model, wider, pool) is None:
                return f"gpusPerNode: {gpus} spreads it over {gpus} GPUs of a node of {environment}/{pool.name}"
    return ""


def _place(deployment: ModelDeployment, profile: ServingProfile, enough: int | None) -> str:
    labels = {**deployment.spec.environment_selector.match_labels, **profile.environment_selector.match_labels}
    environment = f" in an environment with {_labels(Selector(match_labels=labels))}" if labels else ""
    selector = deployment.spec.node_pool_selector
    pool = f" labelled {_labels(selector)}" if selector.match_labels else ""
    return f"a pool{pool}{environment} of {', '.join(_pool(profile.replica_topology, enough))}"


def _labels(selector: Selector) -> str:
    return " and ".join(f"{key}={value}" for key, value in sorted(selector.match_labels.items()))


def _pool(topology: ReplicaTopology, enough: int | None = None) -> Iterator[str]:
    requires = topology.requires
    if requires.mig is MigPreference.NEVER or topology.units > 1:
        units = "whole GPUs"
    else:
        units = "slices" if requires.mig is MigPreference.ONLY else "GPUs or slices"
    memory = f" with {readable(requires.memory_per_gpu)} each" if requires.memory_per_gpu else ""
    if enough:
        memory = f" with {enough / GIB:.2f} GiB each"
    yield f"{units}{memory}"
    if requires.precision_support:
        yield f"precisionSupport {' and '.join(sorted(requires.precision_support))}"
    if requires.interconnect:
        yield f"interconnect {requires.interconnect}"
    if requires.nvlink_domain_size:
        yield f"nvlinkDomainSize {requires.nvlink_domain_size}"
    if topology.gpus_per_node > 1:
        yield f"{topology.gpus_per_node} GPUs a node"
    if topology.nodes > 1:
        yield f"{topology.nodes} nodes"
        yield "multiNodeCapable: true"
    if requires.inter_node_bandwidth:
        yield f"interNodeBandwidth {requires.inter_node_bandwidth}"


def _room(deployment: ModelDeployment, model: ModelSpec, topology: ReplicaTopology) -> str:
    replicas = counted(deployment.replicas, "replica")
    pods = f" of {topology.nodes} pods" if topology.nodes > 1 else ""
    units = counted(topology.gpus_per_node, "GPU")
    each = "each pod with" if pods else "with" if deployment.replicas == 1 else "each with"
    return (
        f"{replicas}{pods}{'' if each == 'with' else ','} {each} {units}, {_cpus(model.resources.cpu)} and "
        f"{readable(model.resources.memory)} of memory"
    )


def _cpus(amount: Quantity) -> str:
    return f"{amount} {'CPU' if str(amount) == '1' else 'CPUs'}"
