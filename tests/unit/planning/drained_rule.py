"""What is on a pool that is drained though it had room elsewhere, by the documents alone (docs/placement.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from slicewise.documents import DeploymentKey, Fleet, NodePool
from tests.documents import Document
from tests.unit.planning.capacity_rule import Node, Pod, promised, promised_of_several
from tests.unit.planning.matching_rule import scheduling_of, static_codes
from tests.unit.planning.sizes_by_documents import (
    charged_pods,
    node_of,
    nodes_of,
    offers_of,
    pods_of,
    prefill_pods_of,
    prefill_profile,
)


def promised_on(pool: NodePool, pods: list[Pod], node: Node | None = None) -> bool:
    """Return whether `pool` promises room for `pods`; with `node`, for what it has of some resources."""
    reserved, has = [offer.reserved for offer in offers_of(pool)], node_of(pool) if node is None else node
    if len(reserved) == 1:
        return promised(nodes_of(pool), has, pods, reserved[0])
    return promised_of_several(nodes_of(pool), has, pods, reserved)


def idle_on_drained_pools(fleet: Fleet, placements: Sequence[Document]) -> Iterator[str]:
    """Yield each placement that could leave such pools with all its workloads. Quotas are not looked at."""
    environments = {environment.metadata.name: environment for environment in fleet.environments}
    for item in placements if not fleet.quotas else ():
        pools = {pool.name: pool for pool in environments[item["environment"]].spec.node_pools}
        used = {item["nodePool"], *([item["prefill"]["nodePool"]] if "prefill" in item else [])}
        if "Drain" not in {scheduling_of(environments[item["environment"]], pools[name]) for name in used}:
            continue
        others = [each for each in placements if each is not item]
        served = {each["environment"] for each in others if each["deployment"] == item["deployment"]}
        where = next(_places(fleet, item, others, environments.keys() - served), None)
        if where:
            yield f"{item} could leave the pool that is drained for {where}"


def _places(fleet: Fleet, item: Document, others: Iterable[Document], free: Iterable[str]) -> Iterator[str]:
    """Yield where a placement has room beside `others`, of the environments that are `free`."""
    charged = charged_pods(fleet, others)
    deployment = fleet.deployment[DeploymentKey(item["deployment"]["namespace"], item["deployment"]["name"])]
    model = fleet.model_of(deployment)
    for name in free:
        environment = fleet.environment[name]
        offered = [(pool, offer.resource) for pool in environment.spec.node_pools for offer in offers_of(pool)]
        for (pool, resource), profile in product(offered, model.serving):
            if static_codes(deployment, profile, environment, pool, resource):
                continue
            own = pods_of(deployment, model, profile, pool, resource)
            there = [*charged[name, pool.name], *own]
            if own and not promised_on(pool, there):
                continue
            if profile.prefill is None:
                yield f"{name}/{pool.name} with {profile.name}"
                continue
            for each, other in offered:
                if not static_codes(deployment, prefill_profile(profile), environment, each, other):
                    prefill = prefill_pods_of(deployment, model, profile, each, other)
                    if promised_on(each, [*(there if each is pool else charged[name, each.name]), *prefill]):
                        yield f"{name}/{pool.name} and {each.name} with {profile.name}"
