"""What a plan that works may still do badly: updates that cannot roll, nodes too small for their slices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from slicewise.diagnostics import Code, Diagnostic, FieldPath, Subject, some
from slicewise.documents import Fleet, ModelSpec, nodes_at_a_time
from slicewise.kubernetes import GIB
from slicewise.planning.capacity.pool_ledger import PoolLedger
from slicewise.planning.capacity.soundness import PodSize, fit_on_empty_node
from slicewise.planning.plan import Placement

# A Deployment's maxUnavailable is 25 %, rounded down: with fewer replicas than this, none may be missing in an update.
ROLLS_WITHOUT_SURGE = 4
# More than any node that is sold with eight GPUs.
PLAUSIBLE_CPUS = 256
PLAUSIBLE_MEMORY = 4096 * GIB


class Tenant(NamedTuple):
    """A placement, and what its pods ask for."""

    placement: Placement
    model: ModelSpec
    pod: PodSize


def plan_advice(fleet: Fleet, pools: Iterable[tuple[PoolLedger, Sequence[Tenant]]]) -> Iterator[Diagnostic]:
    """Yield advice on the pools of a finished plan, each with what runs there."""
    indices = {
        (environment.metadata.name, pool.name): index
        for environment in fleet.environments
        for index, pool in enumerate(environment.spec.node_pools)
    }
    for pool, tenants in pools:
        here = [tenant for tenant in tenants if tenant.placement.replicas]
        path = ("spec", "nodePools", indices[pool.environment, pool.name])
        step = nodes_at_a_time(pool.pool, fleet.environment[pool.environment].spec.cluster)
        yield from _cannot_roll(pool, here, step, path)
        yield from _nodes_too_small(pool, here, path)


def _cannot_roll(pool: PoolLedger, tenants: Sequence[Tenant], step: int, path: FieldPath) -> Iterator[Diagnostic]:
    # LeaderWorkerSets take one group away first (maxSurge 0), so only Deployments wait for a free unit.
    careful = [
        tenant
        for tenant in tenants
        if tenant.placement.replicas < ROLLS_WITHOUT_SURGE and tenant.placement.nodes_per_replica == 1
    ]
    sizes = {tenant.pod for tenant in careful}
    rolls = {pod: pool.has_room_to_roll(pod) for pod in sizes}
    stuck = [tenant.placement for tenant in careful if not rolls[tenant.pod]]
    if stuck:
        names = some(sorted({str(placement.deployment) for placement in stuck}))
        reserve = max(pool.pool.reserved_units, *(placement.gpus_per_node for placement in stuck))
        message = (
            f"no room is left on {pool.name} for one more pod, and a Deployment of fewer than {ROLLS_WITHOUT_SURGE} "
            f"replicas starts a new pod before it stops an old one: the next update of {names} would wait forever. "
            f"Write reservedUnits: {reserve} in the pool, and make room for it: "
            f"{_more_nodes(pool, tenants, sizes, reserve, step)}, or fewer replicas there"
        )
        yield Diagnostic.warning(Code.NO_UNIT_FOR_ROLLING_UPDATE, message, field=path, subject=_subject(pool))


def _more_nodes(pool: PoolLedger, tenants: Sequence[Tenant], sizes: Iterable[PodSize], reserve: int, step: int) -> str:
    """Return the field and the number of nodes that hold the `tenants` beside the `reserve`, which updates then use."""
    now = pool.pool.nodes
    field, name = ("node_count", "nodeCount")
    if pool.pool.max_node_count is not None:
        # An autoscaler's limit is for all zones together.
        field, name, step = "max_node_count", "maxNodeCount", 1

    def larger(nodes: int) -> PoolLedger:
        changed = pool.pool.model_copy(update={field: nodes, "reserved_units": reserve})
        return PoolLedger(pool.environment, changed)

    nodes = now + step
    while not _rolls(larger(nodes), tenants, sizes):
        nodes += step
    return f"{name}: {nodes} (now {now})"


def _rolls(empty: PoolLedger, tenants: Iterable[Tenant], sizes: Iterable[PodSize]) -> bool:
    """Return whether an `empty` pool takes all `tenants`, and has room to roll then."""
    for placement, _, pod in tenants:
        pods = placement.replicas * placement.nodes_per_replica
        if not empty.takes(pod, pods):
            return False
        empty.charge(pod, pods)
    return all(empty.has_room_to_roll(pod) for pod in sizes)


def _nodes_too_small(pool: PoolLedger, tenants: Sequence[Tenant], path: FieldPath) -> Iterator[Diagnostic]:
    if pool.node.cpu is None:
        cpus = _hungriest_node(pool, tenants, PLAUSIBLE_CPUS, lambda model: model.resources.cpu.value)
        if cpus and cpus.wanted > PLAUSIBLE_CPUS:
            yield _too_small(pool, cpus, f"{cpus.wanted:.0f} CPUs", path)
    if pool.node.memory is None:
        memory = _hungriest_node(pool, tenants, PLAUSIBLE_MEMORY, lambda model: model.resources.memory.value)
        if memory and memory.wanted > PLAUSIBLE_MEMORY:
            yield _too_small(pool, memory, f"{memory.wanted / GIB:.0f}Gi of memory", path)


@dataclass(frozen=True, slots=True)
class _BusyNode:
    """What a node may be asked for when the hungriest pods of a pool meet on it."""

    pods: int
    deployments: Sequence[str]
    wanted: Decimal


def _hungriest_node(
    pool: PoolLedger, tenants: Sequence[Tenant], plausible: int, need: Callable[[ModelSpec], Decimal]
) -> _BusyNode | None:
    """Return the node that asks for most; None where no node can ask for more than is plausible."""
    most = max((need(tenant.model) / tenant.pod.units for tenant in tenants), default=Decimal(0))
    if most * pool.node.units <= plausible:
        return None
    room, pods, names, wanted = pool.node, 0, [], Decimal(0)
    for placement, model, pod in sorted(
        tenants, key=lambda tenant: (-need(tenant.model) / tenant.pod.units, tenant.placement.deployment)
    ):
        count = min(fit_on_empty_node(room, pod), placement.replicas * placement.nodes_per_replica)
        if count:
            room = room.less(pod, count)
            pods += count
            names.append(str(placement.deployment))
            wanted += count * need(model)
    return _BusyNode(pods, names, wanted)


def _too_small(pool: PoolLedger, node: _BusyNode, wanted: str, path: FieldPath) -> Diagnostic:
    message = (
        f"a node of {pool.name} with {node.pods} pods of {some(node.deployments)} would need {wanted}; "
        "say in allocatable what a node has, so that Slicewise counts it, or lower the resources in the models"
    )
    return Diagnostic.warning(Code.NODE_TOO_SMALL_FOR_UNITS, message, field=path, subject=_subject(pool))


def _subject(pool: PoolLedger) -> Subject:
    return Subject("InferenceEnvironment", pool.environment, node_pool=pool.name)
