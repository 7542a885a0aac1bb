"""What a plan that works may still do badly: updates that cannot roll, nodes too small for their slices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from slicewise.placement.plan import Placement
from slicewise.placement.pool_state import PoolState
from slicewise.placement.soundness import PodSize, fit_on_empty_node
from slicewise.spec import Advice, Code, DeploymentKey, Fleet, ModelSpec
from slicewise.spec.quantity import GIB

# A Deployment's maxUnavailable is 25 %, rounded down: with fewer replicas than this, none may be missing in an update.
ROLLS_WITHOUT_SURGE = 4
# More than any node that is sold with eight GPUs.
PLAUSIBLE_CPUS = 256
PLAUSIBLE_MEMORY = 4096 * GIB


def plan_advice(fleet: Fleet, pools: Iterable[PoolState], placements: Sequence[Placement]) -> Iterator[Advice]:
    """Yield advice on the pools of a finished plan."""
    models = {deployment.key: fleet.model_of(deployment) for deployment in fleet.deployments}
    indices = {
        (environment.metadata.name, pool.name): index
        for environment in fleet.environments
        for index, pool in enumerate(environment.spec.node_pools)
    }
    by_pool: dict[tuple[str, str], list[Placement]] = {}
    for placement in placements:
        if placement.replicas:
            by_pool.setdefault((placement.environment, placement.node_pool), []).append(placement)
    for pool in pools:
        here = by_pool.get((pool.environment, pool.name))
        if not here:
            continue
        path = f"InferenceEnvironment {pool.environment}: spec.nodePools[{indices[pool.environment, pool.name]}]"
        yield from _cannot_roll(pool, here, models, path)
        yield from _nodes_too_small(pool, here, models, path)


def _cannot_roll(
    pool: PoolState, placements: Iterable[Placement], models: Mapping[DeploymentKey, ModelSpec], path: str
) -> Iterator[Advice]:
    # LeaderWorkerSets take one group away first (maxSurge 0), so only Deployments wait for a free unit.
    stuck = [
        placement
        for placement in placements
        if placement.replicas < ROLLS_WITHOUT_SURGE
        and placement.nodes_per_replica == 1
        and not pool.has_room_to_roll(_pod(pool, placement, models))
    ]
    if stuck:
        names = _some(sorted({str(placement.deployment) for placement in stuck}))
        largest = max(placement.gpus_per_node for placement in stuck)
        message = (
            f"no room is left on {pool.name} for one pod more, and Deployments of fewer than {ROLLS_WITHOUT_SURGE} "
            f"replicas start one before they stop one: the next update of {names} would wait for ever. "
            f"Write reservedUnits: {largest} in the pool, or add a node"
        )
        yield Advice(path, Code.NO_UNIT_FOR_ROLLING_UPDATE, message)


def _nodes_too_small(
    pool: PoolState, placements: Sequence[Placement], models: Mapping[DeploymentKey, ModelSpec], path: str
) -> Iterator[Advice]:
    cpus = _hungriest_node(pool, placements, models, lambda model: model.resources.cpu.value)
    if pool.node.cpu is None and cpus.wanted > PLAUSIBLE_CPUS:
        yield _too_small(pool, cpus, f"{cpus.wanted:.0f} CPUs", path)
    memory = _hungriest_node(pool, placements, models, lambda model: model.resources.memory.value)
    if pool.node.memory is None and memory.wanted > PLAUSIBLE_MEMORY:
        yield _too_small(pool, memory, f"{memory.wanted / GIB:.0f}Gi of memory", path)


@dataclass(frozen=True, slots=True)
class _BusyNode:
    """What a node may be asked for when the hungriest pods of a pool meet on it."""

    pods: int
    deployments: Sequence[str]
    wanted: Decimal


def _hungriest_node(
    pool: PoolState,
    placements: Iterable[Placement],
    models: Mapping[DeploymentKey, ModelSpec],
    need: Callable[[ModelSpec], Decimal],
) -> _BusyNode:
    room, pods, names, wanted = pool.node, 0, [], Decimal(0)
    for placement in sorted(
        placements, key=lambda item: (-need(models[item.deployment]) / item.gpus_per_node, item.deployment)
    ):
        pod = _pod(pool, placement, models)
        count = min(fit_on_empty_node(room, pod), placement.replicas * placement.nodes_per_replica)
        if count:
            room = room.less(pod, count)
            pods += count
            names.append(str(placement.deployment))
            wanted += count * need(models[placement.deployment])
    return _BusyNode(pods, names, wanted)


def _too_small(pool: PoolState, node: _BusyNode, wanted: str, path: str) -> Advice:
    message = (
        f"a node of {pool.name} with {node.pods} pods of {_some(node.deployments)} would need {wanted}; "
        "say in allocatable what a node has, so that Slicewise counts it, or lower the resources in the models"
    )
    return Advice(path, Code.NODE_TOO_SMALL_FOR_UNITS, message)


def _pod(pool: PoolState, placement: Placement, models: Mapping[DeploymentKey, ModelSpec]) -> PodSize:
    model = models[placement.deployment]
    return pool.pod_size(model, model.profile(placement.profile))


def _some(names: Sequence[str]) -> str:
    shown = 3
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {rest} more" if rest > 0 else "")
