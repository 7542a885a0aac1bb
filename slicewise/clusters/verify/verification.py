"""Declared against real: what an environment's documents say, and what was read of its cluster."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Final

from slicewise.clusters.live import LiveCluster, LiveNode, Readable, ServiceKey, by_allocation, by_whoever_offers
from slicewise.clusters.verify.claims import check_claims
from slicewise.clusters.verify.configs_against_plan import check_configs
from slicewise.clusters.verify.drivers import check_device_classes, check_kubernetes, check_served_twice
from slicewise.clusters.verify.gateways import check_gateways
from slicewise.clusters.verify.named_objects import check_named_objects
from slicewise.clusters.verify.namespaces import check_namespaces
from slicewise.clusters.verify.other_cluster import check_other_cluster
from slicewise.clusters.verify.pools import (
    ComparedPool,
    DeclaredPool,
    HoldersOnDemand,
    Holdings,
    PoolReality,
    Shortage,
    check_allocatable,
    check_asked_layouts,
    check_autoscaler_limit,
    check_declared_nodes,
    check_gpu_models,
    check_holdings,
    check_nodes_out,
    check_pods_per_node,
    check_taints,
    check_undeclared_nodes,
    check_unit_memory,
    check_units,
    compare_pool,
    followed,
    free_units,
    holders_on_demand,
    holdings,
    members,
    reality_of,
    requirements_of,
)
from slicewise.clusters.verify.routes import check_service_routes
from slicewise.clusters.verify.service_needs import check_service_needs
from slicewise.clusters.verify.services import (
    Deviation,
    Drift,
    PlannedService,
    check_services,
    foreign_keys,
    judge_services,
    own_stacks,
    planned_services,
)
from slicewise.clusters.verify.weights_in_images import check_images_of_weights
from slicewise.diagnostics import Diagnostic, Found, by_pool, difference_to_dict, merged, stops_update
from slicewise.documents import DeploymentKey, Fleet, NodePool, offered_as
from slicewise.planning import (
    ChargedPool,
    OfferName,
    Placement,
    Plan,
    PreviousPlacement,
    charged_pools,
    placements_by_environment,
)


@dataclass(frozen=True, slots=True)
class Creates:
    """What a stack makes in clusters where it is missing.

    Attributes:
        namespaces: Whether it makes namespaces.
        device_classes: Whether it makes the DeviceClasses that answer a resource.
    """

    namespaces: bool = False
    device_classes: bool = False


NOTHING_CREATED: Final = Creates()


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of verifying some environments, sorted by environment and pool."""

    environments: tuple[str, ...]
    pools: tuple[PoolReality, ...]
    differences: tuple[Diagnostic, ...]

    @property
    def has_errors(self) -> bool:
        """Whether something must be fixed before the plan can run as it says."""
        return any(each.is_error for each in self.differences)

    @property
    def stops_update(self) -> bool:
        """Whether an update cannot do as the plan says."""
        return any(stops_update(each) for each in self.differences)

    def of(self, environment: str) -> Verified:
        """Return what came of one of the environments."""
        return Verified(
            tuple(name for name in self.environments if name == environment),
            tuple(pool for pool in self.pools if pool.environment == environment),
            tuple(each for each in self.differences if each.subject.name == environment),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data, sorted."""
        return {
            "environments": list(self.environments),
            "nodePools": [each.to_dict() for each in self.pools],
            "findings": [difference_to_dict(each) for each in self.differences],
        }


def compare_clusters(
    fleet: Fleet,
    plan: Plan,
    clusters: Mapping[str, LiveCluster],
    previous: Iterable[PreviousPlacement] = (),
    *,
    creates: Creates = NOTHING_CREATED,
    stacks: Collection[str] = (),
    taken: Mapping[str, Collection[ServiceKey]] | None = None,
) -> Verified:
    """Compare environments with their clusters.

    Args:
        fleet: What is declared.
        plan: The plan for `fleet`.
        clusters: What was read, by the name of the environment; only these are compared.
        previous: Where an earlier plan had things: its services are to be there, and its pods make room for the plan's.
        creates: What the stack makes where it is missing.
        stacks: What the stack that applies the plan is called, and was: organization/project/stack; nothing where that
            is not known.
        taken: The services that it takes over now, by environment.

    Returns:
        What is declared and what is there, and every difference: one cause, one difference.
    """
    previous = list(previous)
    charged = charged_pools(fleet, plan)
    placed = placements_by_environment(plan)
    results = []
    for name in sorted(clusters):
        placements = placed.get(name, [])
        expected = planned_services(fleet, placements, [each for each in previous if each.environment == name])
        verifying = _Environment(
            fleet,
            name,
            clusters[name],
            placements,
            expected,
            creates=creates,
            stacks=stacks,
            taken=(taken or {}).get(name, ()),
        )
        results.append(verifying.compared(charged))
    return Verified(
        tuple(sorted(clusters)),
        tuple(pool for pools, _ in results for pool in pools),
        by_pool(difference for _, differences in results for difference in differences),
    )


@dataclass(frozen=True)
class _Environment:
    """One environment beside its cluster."""

    fleet: Fleet
    name: str
    cluster: LiveCluster
    placements: Sequence[Placement]
    expected: Sequence[PlannedService]
    creates: Creates
    stacks: Collection[str]
    taken: Collection[ServiceKey]

    @cached_property
    def elsewhere(self) -> list[Found]:
        """That this is another cluster than the one that has the services, where it is."""
        return list(check_other_cluster(self.name, self.cluster))

    @cached_property
    def deviations(self) -> list[Deviation]:
        """What became of the services; nothing where they cannot be looked at, or a larger cause has been told."""
        if self.elsewhere or Readable.SERVICES in self.cluster.unread or not self.cluster.serves_kserve:
            return []
        services = self.cluster.services
        stacks = self.stacks or own_stacks(self.expected, services)
        told = not self.creates.namespaces
        return [
            each
            for each in judge_services(self.expected, services, stacks, self.taken)
            if not (each.drift is Drift.GONE and told and self.cluster.lacks_namespace(each.expected.key[0]))
        ]

    @cached_property
    def own(self) -> dict[ServiceKey, DeploymentKey | None]:
        """The services whose pods are the plan's, each with its deployment, or make room for them."""
        theirs = foreign_keys(self.deviations)
        return {
            each.key: each.deployment if each.declared is not None else None
            for each in self.expected
            if each.key not in theirs
        }

    def compared(self, charged: Mapping[OfferName, ChargedPool]) -> tuple[list[PoolReality], list[Diagnostic]]:
        """Return every pool in numbers, and all that differs."""
        pools, cluster = self.fleet.environment[self.name].spec.node_pools, self.cluster
        of_pool = members(pools, cluster.nodes)
        belonging = {node.name for nodes in of_pool.values() for node in nodes}
        strays = [by_whoever_offers(node) for node in cluster.nodes if node.gpus and node.name not in belonging]
        meant: set[str] = set()
        realities: list[PoolReality] = []
        found: list[tuple[str, Found]] = []
        offers = [place for place in charged.values() if place.name[0] == self.name]
        on_demand = {pool.name: self._holders(pool, offers, of_pool[pool.name]) for pool in pools}
        for place in sorted(offers, key=lambda each: (each.pool.name, each.pool.resource)):
            pool = place.pool
            workloads = (workload for placement in self.placements for workload in placement.workloads)
            here = [each for each in workloads if each.node_pool == pool.name and _asks_for(each, pool)]
            required, scheduling = requirements_of(self.fleet, here), place.environment.scheduling_of(pool)
            declared = DeclaredPool(pool, here, place.charges, required, scheduling)
            everywhere = [by_allocation(node, pool.allocation) for node in cluster.nodes]
            near = [node for node in everywhere if node.name in {each.name for each in strays}]
            compared = compare_pool(declared, of_pool[pool.name], near, everywhere, cluster.bounds)
            meant |= {node.name for node in compared.near.nodes}
            hidden = Readable.PODS in cluster.unread
            held = None if hidden else holdings(compared, cluster.pods, self.own, cluster.services)
            free = None if held is None else free_units(place.environment, compared, held, cluster.pods)
            realities.append(reality_of(self.name, compared, held, free))
            checked = self._check_pool(compared, held)
            holders = on_demand[pool.name]
            told = [(pool.name, holders.weighed(followed(each, place))) for each in checked]
            told += [(pool.name, each) for each in holders.undeclared()]
            # What is true of the nodes is true for each of their GPU resources.
            found += [each for each in told if each not in found]
        of_cluster = [
            *self.elsewhere,
            *check_kubernetes(self.cluster, self.fleet.environment[self.name]),
            *check_service_needs(
                self.cluster,
                self.expected,
                pools,
                creates_namespaces=self.creates.namespaces,
            ),
            *check_services(self.deviations),
            *check_gateways(self.cluster, self.expected, self.fleet.environment[self.name].spec.gateway),
            *check_service_routes(self.cluster, self.expected),
            *check_named_objects(self.cluster, self.expected),
            *check_claims(self.cluster, self.expected),
            *check_configs(self.cluster, self.expected, offers),
            *check_images_of_weights(self.cluster, self.expected),
            *check_namespaces(
                self.cluster,
                self.placements,
                self.expected,
                self.own,
                {pool.name: pool.allocation for pool in pools},
            ),
            *check_undeclared_nodes([node for node in strays if node.name not in meant]),
        ]
        differences = [each.at(self.name, None) for each in of_cluster]
        differences += [each.at(self.name, pool_name) for pool_name, each in merged(found)]
        return realities, differences

    def _holders(self, pool: NodePool, offers: Sequence[ChargedPool], nodes: Collection[LiveNode]) -> HoldersOnDemand:
        hidden = Readable.PODS in self.cluster.unread
        others = (
            ()
            if hidden
            else (each for each in self.cluster.pods if (each.namespace, each.service or "") not in self.own)
        )
        places = [place for place in offers if place.pool.name == pool.name]
        return holders_on_demand(pool, places, nodes, others)

    def _check_pool(self, compared: ComparedPool, held: Holdings | None) -> Iterator[Found]:
        shortage = Shortage(compared, held)
        yield from map(shortage.weighed, check_declared_nodes(compared, self.cluster.nodes))
        if not compared.nodes:
            return
        checks = (
            check_autoscaler_limit(compared),
            check_gpu_models(compared),
            check_served_twice(compared, {node.name: node for node in self.cluster.nodes}),
            check_device_classes(compared, self.cluster, creates=self.creates.device_classes),
            check_units(compared),
            check_asked_layouts(compared),
            check_nodes_out(compared),
            check_taints(compared),
            check_pods_per_node(compared),
            check_allocatable(compared),
            check_unit_memory(compared),
            () if held is None else check_holdings(compared, held, blocks=bool(shortage.lacking)),
        )
        yield from map(shortage.weighed, chain.from_iterable(checks))


def _asks_for(workload: Placement, pool: NodePool) -> bool:
    """Return whether a workload on the nodes of a pool has this GPU resource of them."""
    return offered_as(pool) in (None, workload.resource)
