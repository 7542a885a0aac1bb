"""Declared against real: what an environment's documents say, and what was read of its cluster."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from slicewise.inventory.compared_pool import ComparedPool
from slicewise.inventory.differences import Difference, Found, Severity, by_place, counted, merged, some
from slicewise.inventory.facts import LiveCluster
from slicewise.inventory.growth import check_growth
from slicewise.inventory.holdings import Holdings, ServiceKey, check_holdings, holdings
from slicewise.inventory.membership import members
from slicewise.inventory.near_misses import NearMisses, near_misses
from slicewise.inventory.node_checks import (
    check_absent,
    check_machine,
    check_models,
    check_presence,
    check_taints,
    check_unit_memory,
)
from slicewise.inventory.strays import check_strays
from slicewise.inventory.unit_checks import check_units
from slicewise.kubernetes.quantity import Quantity
from slicewise.manifests.names import service_name
from slicewise.manifests.vocabulary import KSERVE_API_VERSION, SERVICE_KIND
from slicewise.placement import Placement, Plan
from slicewise.placement.plan_json import PreviousPlacement
from slicewise.spec import Code, Fleet

# As the API calls them.
_SERVICES: Final = f"{SERVICE_KIND.lower()}s"
_NAMESPACES: Final = "namespaces"
_PODS: Final = "pods"
# What is read for other commands, and not needed here.
_IRRELEVANT: Final = frozenset({"configmaps"})


@dataclass(frozen=True, slots=True)
class PoolReality:
    """A pool in numbers: declared, and there.

    Attributes:
        environment: The environment's name.
        node_pool: The pool's name.
        resource: What its pods ask for.
        profile_declared: The declared MIG profile; None for whole GPUs.
        profiles: The profiles of the units that its pods would get, None for whole GPUs; where no node offers what they
            ask for, of those that are there.
        nodes_declared: Its nodeCount.
        max_nodes_declared: Its maxNodeCount.
        nodes: Nodes that belong to it.
        units_declared: Units of the nodes that nodeCount declares.
        units: Units that its nodes offer.
        held_by_others: Units of pods that the plan does not know; None where pods may not be read.
        held_by_plan: Units of the plan's own pods, now; None where pods may not be read.
    """

    environment: str
    node_pool: str
    resource: str
    profile_declared: str | None
    profiles: tuple[str | None, ...]
    nodes_declared: int
    max_nodes_declared: int | None
    nodes: int
    units_declared: int
    units: int
    held_by_others: int | None
    held_by_plan: int | None

    @property
    def free(self) -> int | None:
        """Units that nobody holds now; None where that is not known."""
        if self.held_by_others is None or self.held_by_plan is None:
            return None
        return self.units - self.held_by_others - self.held_by_plan

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "environment": self.environment,
            "nodePool": self.node_pool,
            "resource": self.resource,
            "profileDeclared": self.profile_declared,
            "profiles": list(self.profiles),
            "nodesDeclared": self.nodes_declared,
            "maxNodesDeclared": self.max_nodes_declared,
            "nodes": self.nodes,
            "unitsDeclared": self.units_declared,
            "units": self.units,
            "heldByOthers": self.held_by_others,
            "heldByPlan": self.held_by_plan,
            "free": self.free,
        }


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of verifying some environments, sorted by environment and pool."""

    environments: tuple[str, ...]
    pools: tuple[PoolReality, ...]
    differences: tuple[Difference, ...]

    @property
    def has_errors(self) -> bool:
        """Whether something must be mended before the plan can run as it says."""
        return any(each.severity is Severity.ERROR for each in self.differences)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data, sorted."""
        return {
            "environments": list(self.environments),
            "nodePools": [each.to_dict() for each in self.pools],
            "findings": [each.to_dict() for each in self.differences],
        }


def verify(
    fleet: Fleet,
    plan: Plan,
    clusters: dict[str, LiveCluster],
    previous: Iterable[PreviousPlacement] = (),
    *,
    creates_namespaces: bool = False,
) -> Verified:
    """Compare environments with their clusters.

    Args:
        fleet: What is declared.
        plan: The plan for `fleet`.
        clusters: What was read, by the name of the environment; only these are compared.
        previous: Where an earlier plan had things: its pods make room for the plan's.
        creates_namespaces: Whether the stack makes missing namespaces.

    Returns:
        What is declared and what is there, and every difference: one cause, one difference.
    """
    previous = list(previous)
    results = [
        _verify_one(fleet, plan, name, clusters[name], previous, creates_namespaces=creates_namespaces)
        for name in sorted(clusters)
    ]
    return Verified(
        tuple(sorted(clusters)),
        tuple(pool for pools, _ in results for pool in pools),
        by_place(difference for _, differences in results for difference in differences),
    )


def _verify_one(
    fleet: Fleet,
    plan: Plan,
    name: str,
    cluster: LiveCluster,
    previous: Sequence[PreviousPlacement],
    *,
    creates_namespaces: bool,
) -> tuple[list[PoolReality], list[Difference]]:
    pools = fleet.environment[name].spec.node_pools
    placements = [placement for placement in plan.placements if placement.environment == name]
    own = _own_services(fleet, placements, [each for each in previous if each.environment == name])
    of_pool = members(pools, cluster.nodes)
    belonging = {node.name for nodes in of_pool.values() for node in nodes}
    strays = [node for node in cluster.nodes if node.gpus and node.name not in belonging]
    meant: set[str] = set()
    realities: list[PoolReality] = []
    found: list[tuple[str, Found]] = []
    for pool in sorted(pools, key=lambda each: each.name):
        here = [placement for placement in placements if placement.node_pool == pool.name]
        compared = ComparedPool(pool, of_pool[pool.name], here)
        near = near_misses(compared, strays)
        meant |= {node.name for node in near.nodes}
        held = None if _PODS in cluster.unread else holdings(compared, cluster.pods, own)
        realities.append(_reality(name, compared, held))
        found += [(pool.name, each) for each in _check_pool(fleet, compared, near, cluster, held)]
    of_cluster = [
        *_check_cluster(cluster, placements, creates_namespaces=creates_namespaces),
        *check_strays([node for node in strays if node.name not in meant]),
    ]
    differences = [each.at(name, None) for each in of_cluster]
    differences += [each.at(name, pool_name) for pool_name, each in merged(found)]
    return realities, differences


def _check_pool(
    fleet: Fleet, compared: ComparedPool, near: NearMisses, cluster: LiveCluster, held: Holdings | None
) -> Iterator[Found]:
    yield from check_presence(compared, near, cluster.nodes)
    if not compared.nodes:
        return
    yield from check_growth(compared, cluster.nodes, cluster.bounds)
    yield from check_models(compared)
    yield from check_units(compared)
    yield from check_absent(compared)
    yield from check_taints(compared)
    yield from check_machine(compared)
    yield from check_unit_memory(compared, _needed_memory(fleet, compared.placements))
    if held is not None:
        yield from check_holdings(compared, held)


def _check_cluster(
    cluster: LiveCluster, placements: Sequence[Placement], *, creates_namespaces: bool
) -> Iterator[Found]:
    unread = [kind for kind in cluster.unread if kind not in _IRRELEVANT]
    if unread:
        yield Found(
            Code.CLUSTER_UNREADABLE,
            Severity.WARNING,
            f"this user may not read {' and '.join(unread)}, so what depends on that is not verified",
            f"let the user of the kubeconfig list {', '.join(unread)} in all namespaces",
        )
    if not cluster.serves_kserve and _SERVICES not in cluster.unread:
        yield Found(
            Code.NO_KSERVE,
            Severity.ERROR if placements else Severity.WARNING,
            f"the API server knows no {SERVICE_KIND} ({KSERVE_API_VERSION}), {counted(len(placements), 'placement')} "
            "of the plan in this environment",
            "install KServe 0.20 with its LLMInferenceService controller in the cluster",
        )
    missing = sorted({placement.deployment.namespace for placement in placements} - cluster.namespaces)
    if missing and not creates_namespaces and _NAMESPACES not in cluster.unread:
        yield Found(
            Code.NO_NAMESPACE,
            Severity.ERROR,
            f"{counted(len(missing), 'namespace')} of the plan's deployments {_is(missing)} not there: {some(missing)}",
            f"kubectl create namespace {missing[0]}, or let the stack make them: "
            "pulumi config set slicewise:createNamespaces true",
        )


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _own_services(
    fleet: Fleet, placements: Iterable[Placement], previous: Iterable[PreviousPlacement]
) -> frozenset[ServiceKey]:
    """Return the services whose pods are the plan's, or make room for them."""
    now = {
        (
            each.deployment.namespace,
            service_name(
                each.deployment.name,
                nodes=each.nodes_per_replica,
                autoscaled=fleet.deployment[each.deployment].autoscaled,
            ),
        )
        for each in placements
    }
    # What scaled an earlier one is not known any more, and matters only to long names.
    before = {
        (each.key.namespace, service_name(each.key.name, nodes=each.nodes_per_replica, autoscaled=autoscaled))
        for each in previous
        for autoscaled in (False, True)
    }
    return frozenset(now | before)


def _needed_memory(fleet: Fleet, placements: Collection[Placement]) -> Iterator[tuple[str, Quantity]]:
    """Yield the deployments of a pool with the memory that they need of each unit."""
    for placement in placements:
        profile = fleet.model_of(fleet.deployment[placement.deployment]).profile(placement.profile)
        needed = profile.replica_topology.requires.memory_per_gpu
        if needed:
            yield str(placement.deployment), needed


def _reality(environment: str, compared: ComparedPool, held: Holdings | None) -> PoolReality:
    pool = compared.pool
    offers = [offer for node in compared.nodes if node.gpus for offer in node.gpus.offers if offer.units]
    asked = [offer for offer in offers if offer.resource == compared.resource]
    profiles = {offer.profile for offer in asked or offers}
    return PoolReality(
        environment=environment,
        node_pool=pool.name,
        resource=compared.resource,
        profile_declared=compared.profile,
        profiles=tuple(sorted(profiles, key=lambda each: each or "")),
        nodes_declared=pool.node_count,
        max_nodes_declared=pool.max_node_count,
        nodes=len(compared.nodes),
        units_declared=pool.node_count * compared.units_per_node,
        units=compared.units,
        held_by_others=held.by_others if held else None,
        held_by_plan=held.by_plan if held else None,
    )
