"""What is asked of a pool stays within what the plan declares, and can be scheduled in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from policies.rules.reading import (
    Autoscaler,
    Field,
    autoscaler_of,
    autoscalers,
    outputs,
    pod_units,
    prefill_of,
    properties,
    services,
)
from policies.rules.rule_runner import each
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, StackRule
from slicewise.diagnostics import counted
from slicewise.manifests import ENVIRONMENT_ANNOTATION, NODE_POOL_ANNOTATION, PREFILL_NODE_POOL_ANNOTATION
from slicewise.planning import NodeSize, PodSize, is_sound


class _Demand(NamedTuple):
    """What one service may ask of its pool: how many pods of how many units."""

    service: Resource
    pods: Counter[int]

    @property
    def units(self) -> int:
        return sum(units * count for units, count in self.pods.items())


def _check(resources: Sequence[Resource], _: Config) -> Iterator[Outcome]:
    pools = outputs(resources)["nodePools"]
    if not pools.present:
        return
    by_pool: dict[tuple[str | None, str | None], list[_Demand]] = {}
    scalers = list(autoscalers(resources))
    for service in services(resources):
        annotations = properties(service)["metadata"]["annotations"]
        environment, spec = annotations[ENVIRONMENT_ANNOTATION].text(), properties(service)["spec"]
        pool = annotations[NODE_POOL_ANNOTATION].text()
        pods = {pool: _pods(spec, autoscaler_of(service, scalers))}
        if prefill := prefill_of(spec):
            of_prefill = annotations[PREFILL_NODE_POOL_ANNOTATION].text() or pool
            pods[of_prefill] = pods.get(of_prefill, Counter()) + _pods(prefill, None)
        for name, asked in pods.items():
            by_pool.setdefault((environment, name), []).append(_Demand(service, asked))
    yield from each(pools.entries().values(), partial(_of_pool, by_pool=by_pool))


def _pods(workload: Field, scaler: Autoscaler | None) -> Counter[int]:
    """Return how many pods of how many units a workload may have."""
    pods: Counter[int] = Counter()
    for count, units in pod_units(workload, scaler):
        if units:
            pods[units] += count
    return pods


def _of_pool(pool: Field, *, by_pool: dict[tuple[str | None, str | None], list[_Demand]]) -> Iterator[Outcome]:
    name = pool["environment"].text(), pool["nodePool"].text()
    demands = by_pool.get(name, [])
    asked = sum(demand.units for demand in demands)
    allocated, per_node, nodes = (pool[key].number() or 0 for key in ("allocated", "unitsPerNode", "nodes"))
    who = ", ".join(f"{demand.service.name} {demand.units}" for demand in demands)
    if asked > allocated:
        problem = f"{name[0]}/{name[1]}: {asked} units are asked for ({who}), and the plan charges {allocated}"
        yield Finding(pool.path, problem, "let Slicewise plan these services, or take back what was changed by hand")
    pods = sum((demand.pods for demand in demands), Counter[int]())
    sizes = {PodSize(units): count for units, count in pods.items()}
    if not is_sound(nodes, NodeSize(per_node), sizes):
        shown = ", ".join(f"{counted(count, 'pod')} of {units}" for units, count in sorted(pods.items()))
        there = f"{counted(nodes, 'node')} of {counted(per_node, 'unit')}"
        problem = f"{name[0]}/{name[1]}: {there} cannot take {shown} in every order"
        yield Finding(pool.path, problem, "ask for less, or give the pool more nodes")


POOL_CAPACITY: Final = StackRule(
    name="pool-capacity",
    description="Services ask a pool for what the plan charges to it, and fit in any order of scheduling.",
    remedy="Let Slicewise plan every service on the pool; do not change replicas or limits behind its back.",
    severity=PolicySeverity.CRITICAL,
    level=Level.MANDATORY,
    check=_check,
)
