"""Who holds the units of a pool now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from slicewise.clusters.live import GpuPod, LiveService, ServiceKey
from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.pool_fields import has_reserve, reserve, reserving
from slicewise.diagnostics import NO_ROOM, Code, Found, Severity, Way, some
from slicewise.documents import DeploymentKey, is_dynamic
from slicewise.planning import ROLLS_WITHOUT_SURGE


@dataclass(frozen=True)
class Holdings:
    """Units of a pool's resource that are held on its nodes.

    Attributes:
        plan: Units of pods whose services are the plan's own, or make room for it, by node.
        others: Units of everybody else's pods, by node.
        holders: Who has those pods, those that hold most first: a stack with its units, a pod of no stack by its name.
        running: The pods of each of the plan's deployments, and whether they are its prefill workload's, by node.
        other_pods: How many of everybody else's pods hold units, by node.
    """

    plan: Counter[str]
    others: Counter[str]
    holders: tuple[str, ...]
    running: Mapping[tuple[DeploymentKey, bool], Counter[str]]
    other_pods: Counter[str]

    @property
    def by_plan(self) -> int:
        """Units of the plan's own pods."""
        return self.plan.total()

    @property
    def by_others(self) -> int:
        """Units of everybody else's pods."""
        return self.others.total()


def holdings(
    compared: ComparedPool,
    pods: Iterable[GpuPod],
    own: Mapping[ServiceKey, DeploymentKey | None],
    services: Mapping[ServiceKey, LiveService],
) -> Holdings:
    """Return who holds units of the pool.

    Args:
        compared: The pool.
        pods: The cluster's pods.
        own: The services that the plan has, each with its deployment, and those that make room for it, with None.
        services: The cluster's services, which say whose stack's they are.
    """
    names = {node.name for node in compared.nodes}
    plan, others, number = Counter[str](), Counter[str](), Counter[str]()
    by_stack, alone = Counter[str](), Counter[str]()
    running: defaultdict[tuple[DeploymentKey, bool], Counter[str]] = defaultdict(Counter)
    for pod in pods:
        units = pod.requests.get(compared.resource, 0)
        if pod.node not in names or not units:
            continue
        service = (pod.namespace, pod.service or "")
        if service not in own:
            others[pod.node] += units
            number[pod.node] += 1
            stack = services[service].stack if service in services else None
            (by_stack if stack else alone)[stack or f"{pod.namespace}/{pod.name}"] += units
            continue
        plan[pod.node] += units
        deployment = own[service]
        if deployment is not None:
            running[deployment, pod.is_prefill][pod.node] += 1
    sizes = {**{f"{units} by stack {stack}": units for stack, units in by_stack.items()}, **alone}
    holders = tuple(sorted(sizes, key=lambda name: (-sizes[name], name)))
    return Holdings(plan, others, holders, running, number)


def check_holdings(compared: ComparedPool, held: Holdings, *, blocks: bool) -> Iterator[Found]:
    """Yield what others hold beyond what is reserved for them; `blocks` is whether the plan's pods find no room."""
    if is_dynamic(compared.pool) and compared.pool.mig is None:
        # Whole GPUs that others hold take places of all profiles, and are told of the pool (`HoldersOnDemand`).
        return
    count, lost = held.by_others, sum(compared.lost.values())
    reserved = compared.pool.reserved_units + compared.spare
    if not count or (count + lost <= reserved and not blocks):
        return
    planned, rolling = compared.planned_units, _kept_for_updates(compared, lost)
    enough = max(count + lost + rolling, reserved)
    known = f"{reserve(compared.pool)} is {reserved}{_absent(min(lost, reserved))}"
    there = f"{planned} planned and {count} held of {compared.units} units" if blocks else known
    there += f", {known}" if blocks and lost and reserved else ""
    apart = f" ({enough - rolling} for what is held or missing, {rolling} for rolling updates)" if rolling else ""
    move = "move these pods to other nodes"
    ways: tuple[Way, ...] = (Way(move),)
    if not has_reserve(compared.pool):
        ways = _ways_of_whole(compared, held, move)
    elif enough > reserved:
        kept = reserving(compared.pool, enough)
        ways = (
            Way(f"write {kept}{apart}, or {move}", {"reserved_units": enough}),
            Way(f"{move}: {kept} {NO_ROOM}"),
        )
    yield Found(
        Code.HELD_BY_OTHERS,
        Severity.WARNING,
        f"others hold {count} of {compared.units} units ({some(held.holders)}), {there}",
        ways[0].remedy,
        takes_room=True,
        ways=ways,
        facts={"held": count, "planned": planned, "units": compared.units, "reserved": reserved},
    )


def _ways_of_whole(compared: ComparedPool, held: Holdings, move: str) -> tuple[Way, ...]:
    """Return what to do where others hold GPUs that are left whole on cut nodes: declare those that nobody holds."""
    left = min((node.units - held.others[node.name] for node in compared.offering), default=0)
    if left >= compared.units_per_node:
        return (Way(move),)
    fewer = f"wholeGpus: {left}"
    return (Way(f"write {fewer}, or {move}", {"units": left}), Way(f"{move}: {fewer} {NO_ROOM}"))


def _kept_for_updates(compared: ComparedPool, lost: int) -> int:
    """Return the units of `reservedUnits` that are there for rolling updates (SW305), whoever holds others."""
    careful = [
        placement.gpus_per_node
        for placement in compared.placements
        if 0 < placement.replicas < ROLLS_WITHOUT_SURGE and placement.nodes_per_replica == 1
    ]
    return min(max(careful, default=0), max(compared.pool.reserved_units - lost, 0))


def _absent(units: int) -> str:
    return f", of which {units} {'is' if units == 1 else 'are'} for units that are not there" if units else ""
