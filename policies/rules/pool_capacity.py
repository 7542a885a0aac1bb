"""What is asked of a pool stays within what the plan declares, and can be scheduled in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from policies.rules.reading import (
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

_Pods = Sequence[tuple[int, Counter[str]]]
"""How many pods there are, and what each asks for of GPU resources."""


class _Demand(NamedTuple):
    """What one service may ask of its pool."""

    service: Resource
    pods: _Pods

    def of(self, resource: str | None) -> Counter[int]:
        """Return how many pods ask for how many units: of one resource, or of all of them."""
        found: Counter[int] = Counter()
        for count, asked in self.pods:
            units = asked.total() if resource is None else asked[resource]
            if units:
                found[units] += count
        return found


def _check(resources: Sequence[Resource], _: Config) -> Iterator[Outcome]:
    pools = outputs(resources)["nodePools"]
    if not pools.present:
        return
    by_pool: dict[tuple[str | None, str | None], list[_Demand]] = {}
    scalers = autoscalers(resources)
    for service in services(resources):
        annotations = properties(service)["metadata"]["annotations"]
        environment, spec = annotations[ENVIRONMENT_ANNOTATION].text(), properties(service)["spec"]
        pool = annotations[NODE_POOL_ANNOTATION].text()
        pods = {pool: list(pod_units(spec, autoscaler_of(service, scalers)))}
        if prefill := prefill_of(spec):
            of_prefill = annotations[PREFILL_NODE_POOL_ANNOTATION].text() or pool
            pods.setdefault(of_prefill, []).extend(pod_units(prefill, None))
        for name, asked in pods.items():
            by_pool.setdefault((environment, name), []).append(_Demand(service, asked))
    entries = pools.entries().values()
    # Of nodes that are cut in several profiles there is an entry for each GPU resource.
    resources_of = Counter((entry["environment"].text(), entry["nodePool"].text()) for entry in entries)
    several = {name for name, count in resources_of.items() if count > 1}
    yield from each(entries, partial(_of_pool, by_pool=by_pool, several=several))


def _of_pool(
    pool: Field,
    *,
    by_pool: dict[tuple[str | None, str | None], list[_Demand]],
    several: Container[tuple[str | None, str | None]],
) -> Iterator[Outcome]:
    name = pool["environment"].text(), pool["nodePool"].text()
    resource = pool["resource"].text() if name in several else None
    by_service = [(demand.service.name, demand.of(resource)) for demand in by_pool.get(name, [])]
    pods = sum((counts for _, counts in by_service), Counter[int]())
    units = [(service, sum(each * count for each, count in counts.items())) for service, counts in by_service if counts]
    asked = sum(each for _, each in units)
    allocated, per_node, nodes = (pool[key].number() or 0 for key in ("allocated", "unitsPerNode", "nodes"))
    who = ", ".join(f"{service} {each}" for service, each in units)
    shown_name = f"{name[0]}/{name[1]}{f' ({resource})' if resource else ''}"
    if asked > allocated:
        problem = f"{shown_name}: {asked} units are asked for ({who}), and the plan charges {allocated}"
        yield Finding(pool.path, problem, "let Slicewise plan these services, or take back what was changed by hand")
    sizes = {PodSize(units): count for units, count in pods.items()}
    if not is_sound(nodes, NodeSize(per_node), sizes):
        shown = ", ".join(f"{counted(count, 'pod')} of {units}" for units, count in sorted(pods.items()))
        there = f"{counted(nodes, 'node')} of {counted(per_node, 'unit')}"
        problem = f"{shown_name}: {there} cannot take {shown} in every order"
        yield Finding(pool.path, problem, "ask for less, or give the pool more nodes")


POOL_CAPACITY: Final = StackRule(
    name="pool-capacity",
    description="Services ask a pool for what the plan charges to it, and fit in any order of scheduling.",
    remedy="Let Slicewise plan every service on the pool; do not change replicas or limits behind its back.",
    severity=PolicySeverity.CRITICAL,
    level=Level.MANDATORY,
    check=_check,
)
