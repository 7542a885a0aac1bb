"""Who holds the units of a pool now, and whether what the plan wants finds room beside others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from slicewise.inventory.compared_pool import ComparedPool
from slicewise.inventory.differences import Found, Severity, some
from slicewise.inventory.facts import GpuPod
from slicewise.inventory.membership import units_of
from slicewise.inventory.unit_checks import lost_units
from slicewise.spec import Code

ServiceKey = tuple[str, str]
"""Namespace and name of an LLMInferenceService."""


@dataclass(frozen=True)
class Holdings:
    """Units of a pool's resource that are held on its nodes.

    Attributes:
        by_plan: Units of pods whose services are the plan's own.
        others: Units of everybody else's pods, by node.
        holders: Those pods, as namespace/name, those that hold most first.
    """

    by_plan: int
    others: Counter[str]
    holders: tuple[str, ...]

    @property
    def by_others(self) -> int:
        """Units of everybody else's pods."""
        return self.others.total()


def holdings(compared: ComparedPool, pods: Iterable[GpuPod], own: Collection[ServiceKey]) -> Holdings:
    """Return who holds units of the pool; `own` are the services that the plan has, or replaces."""
    names = {node.name for node in compared.nodes}
    by_plan, others, sizes = 0, Counter[str](), dict[str, int]()
    for pod in pods:
        units = pod.requests.get(compared.resource, 0)
        if pod.node not in names or not units:
            continue
        if pod.service is not None and (pod.namespace, pod.service) in own:
            by_plan += units
        else:
            others[pod.node] += units
            sizes[f"{pod.namespace}/{pod.name}"] = units
    return Holdings(by_plan, others, tuple(sorted(sizes, key=lambda name: (-sizes[name], name))))


def check_holdings(compared: ComparedPool, held: Holdings) -> Iterator[Found]:
    """Yield what others hold beyond what is reserved for them."""
    count, lost = held.by_others, sum(lost_units(compared).values())
    reserved = compared.pool.reserved_units
    blocks = not _finds_room(compared, held.others) and _finds_room(compared, Counter())
    if not count or (count + lost <= reserved and not blocks):
        return
    planned, enough = compared.planned_units, max(count + lost, reserved)
    known = f"reservedUnits is {reserved}{_absent(min(lost, reserved))}"
    there = f"{planned} planned and {count} held of {compared.units} units" if blocks else known
    there += f", {known}" if blocks and lost and reserved else ""
    waits = ": pods of the plan would wait" if blocks else ""
    yield Found(
        Code.HELD_BY_OTHERS,
        Severity.ERROR if blocks else Severity.WARNING,
        f"others hold {count} of {compared.units} units ({some(held.holders)}), {there}{waits}",
        (f"write reservedUnits: {enough}, or " if enough > reserved else "") + "move these pods to other nodes",
    )


def _absent(units: int) -> str:
    return f", of which {units} {'stands' if units == 1 else 'stand'} for units that are not there" if units else ""


def _finds_room(compared: ComparedPool, others: Counter[str]) -> bool:
    """Return whether the plan's pods can be on the nodes at all beside `others`, nodes yet to come included.

    For every size of pod: the pods of at least that size count on whole gaps of it.
    """
    per_node = compared.units_per_node
    coming = max(compared.pool.nodes - len(compared.nodes), 0) if compared.pool.max_node_count is not None else 0
    free = [units_of(node, compared.resource) - others[node.name] for node in compared.nodes] + [per_node] * coming
    pods = Counter[int]()
    for size, number in compared.pods():
        pods[size] += number
    if sum(size * number for size, number in pods.items()) > sum(free):
        return False
    return all(
        sum(number * (size // least) for size, number in pods.items() if size >= least)
        <= sum(max(units, 0) // least for units in free)
        for least in pods
    )
