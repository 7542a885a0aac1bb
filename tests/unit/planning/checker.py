"""Judges a plan by the documents alone: a reading of docs/placement.md that shares no code with planning.

`findings` returns everything that is wrong with a plan's JSON data; an empty list is the verdict that it is right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import product

from slicewise.documents import (
    DeploymentKey,
    Fleet,
    InferenceEnvironment,
    ModelDeployment,
    ModelSpec,
    NodePool,
    ServingProfile,
)
from tests.documents import Document, each_rejection
from tests.unit.planning.capacity_rule import Node, Pod
from tests.unit.planning.drained_rule import idle_on_drained_pools, promised_on
from tests.unit.planning.matching_rule import has_labels, labels_of, scheduling_of, static_codes
from tests.unit.planning.quota_rule import exceeded
from tests.unit.planning.sizes_by_documents import (
    Offer,
    charged_pods,
    node_of,
    nodes_of,
    offer_of,
    offers_of,
    pod_of,
    pods_of,
    prefill_pods_of,
    prefill_profile,
    prefill_replicas_of,
    replicas_of,
    unit_of,
)

PRECEDENCE = (
    *("environment-selector", "profile-selector", "node-pool-selector", "insufficient-memory"),
    *("precision-unsupported", "interconnect", "inter-node-bandwidth", "nvlink-domain", "multi-node-unsupported"),
    *("gpus-per-node", "mig-single-device", "mig-not-allowed", "mig-required", "not-enough-nodes"),
    *("engine-memory", "not-accepting", "quota", "prefill", "capacity"),
)
_FULL = re.compile(
    r"(?P<free>\d+) of (?P<units>\d+) units free, "
    r"(needs (?P<needs>\d+)|(?P<large>but a pod asks for .* \(.*\))|"
    r"but only (?P<most>\d+) more pods? of .* whatever the order, "
    r"needs (?P<pods>\d+)(; short of .*)?)"
)

Candidate = tuple[str, str | None, str | None, str | None]
"""An environment, a pool, one of its resources where it has several, and a serving profile."""


def findings(fleet: Fleet, plan: Document, previous: Document | None = None) -> list[str]:
    """Return what is wrong with `plan` for `fleet`, which follows the plan `previous` where there is one."""
    return list(_Checker(fleet, plan, previous or {"placements": []}).findings())


def charged_pools(fleet: Fleet, plan: Document) -> Iterator[tuple[int, Node, list[Pod]]]:
    """Yield the number of nodes, what one has, and the pods that `plan` puts there, of every pool."""
    checker = _Checker(fleet, plan, {"placements": []})
    for name, pool in checker.pools.items():
        yield nodes_of(pool), node_of(pool), checker.charged[name]


class _Checker:
    def __init__(self, fleet: Fleet, plan: Document, previous: Document) -> None:
        self.fleet = fleet
        self.plan = plan
        self.environments = {environment.metadata.name: environment for environment in fleet.environments}
        self.deployments = {deployment.key: deployment for deployment in fleet.deployments}
        self.pools = {
            (name, pool.name): pool
            for name, environment in self.environments.items()
            for pool in environment.spec.node_pools
        }
        self.had = {
            (str(item["deployment"]), item["environment"], workload["nodePool"], role): workload
            for item in previous["placements"]
            for role, workload in (("own", item), ("prefill", item.get("prefill")))
            if workload
        }
        self.charged = charged_pods(fleet, plan["placements"])

    def findings(self) -> Iterator[str]:
        yield from self._placements()
        yield from self._nodes()
        yield from self._capacity()
        yield from self._node_pools()
        yield from self._shortfalls()
        yield from idle_on_drained_pools(self.fleet, self.plan["placements"])

    def _deployment(self, item: Document) -> ModelDeployment:
        return self.deployments[DeploymentKey(item["deployment"]["namespace"], item["deployment"]["name"])]

    def _placements(self) -> Iterator[str]:
        keys = [(*self._deployment(item).key, item["environment"]) for item in self.plan["placements"]]
        if keys != sorted(set(keys)):
            yield f"placements are not sorted, or a deployment is twice in one environment: {keys}"
        counts = Counter(key[:2] for key in keys)
        for key, deployment in self.deployments.items():
            if counts[key] > deployment.spec.environments:
                yield f"{key} is in {counts[key]} environments, asked for {deployment.spec.environments}"
        for item in self.plan["placements"]:
            yield from self._placement(item)

    def _nodes(self) -> Iterator[str]:
        """Find digests of nodes that are one where selectors are two, or the other way round."""
        said = [
            (workload.get("nodes"), str(sorted(self.pools[item["environment"], workload["nodePool"]].selected.items())))
            for item in self.plan["placements"]
            for workload in (item, *([item["prefill"]] if "prefill" in item else []))
        ]
        if len(set(said)) != len({digest for digest, _ in said}) or len(set(said)) != len({text for _, text in said}):
            yield f"digests of nodes are not those of their selectors: {set(said)}"

    def _placement(self, item: Document) -> Iterator[str]:
        deployment = self._deployment(item)
        profile = next(p for p in self.fleet.model_of(deployment).serving if p.name == item["profile"])
        environment = self.environments[item["environment"]]
        pool = self.pools[item["environment"], item["nodePool"]]
        offer = offer_of(pool, item["resource"]["name"])
        codes = static_codes(deployment, profile, environment, pool, offer.resource)
        codes -= self._stays(item, item, "own")
        if codes:
            yield f"{item} breaks {codes}"
        topology = profile.replica_topology
        expected = {
            "replicas": replicas_of(deployment),
            "nodesPerReplica": topology.nodes,
            "gpusPerNode": topology.gpus_per_node,
            "units": replicas_of(deployment) * topology.nodes * topology.gpus_per_node,
            "resource": {"name": offer.resource, "count": topology.gpus_per_node},
            **unit_of(offer),
        }
        yield from (f"{item}: {key} should be {value}" for key, value in expected.items() if item[key] != value)
        if ("prefill" in item) != (profile.prefill is not None):
            yield f"{item}: it has prefill, or lacks it"
        elif profile.prefill:
            yield from self._prefill(item, deployment, profile, environment)

    def _prefill(
        self,
        placement: Document,
        deployment: ModelDeployment,
        profile: ServingProfile,
        environment: InferenceEnvironment,
    ) -> Iterator[str]:
        item = placement["prefill"]
        pool, workload = self.pools[environment.metadata.name, item["nodePool"]], prefill_profile(profile)
        offer = offer_of(pool, item["resource"]["name"])
        stays = self._stays(placement, item, "prefill")
        if codes := static_codes(deployment, workload, environment, pool, offer.resource) - stays:
            yield f"{item} breaks {codes}"
        topology, replicas = workload.replica_topology, prefill_replicas_of(deployment, profile)
        expected = {
            "nodePool": pool.name,
            "replicas": replicas,
            "nodesPerReplica": topology.nodes,
            "gpusPerNode": topology.gpus_per_node,
            "units": replicas * topology.nodes * topology.gpus_per_node,
            "resource": {"name": offer.resource, "count": topology.gpus_per_node},
            **unit_of(offer),
        }
        if {key: value for key, value in item.items() if key != "nodes"} != expected:
            yield f"{item} should be {expected}"

    def _stays(self, item: Document, workload: Document, role: str) -> set[str]:
        """Return the rule that does not count for what was there before, and has not grown."""
        had = self.had.get((str(item["deployment"]), item["environment"], workload["nodePool"], role))
        shrunk = had and workload["units"] <= had["units"] and workload["gpusPerNode"] == had["gpusPerNode"]
        return {"not-accepting"} if shrunk else set()

    def _capacity(self) -> Iterator[str]:
        for name, pool in self.pools.items():
            pods = self.charged[name]
            if pods and not promised_on(pool, pods):
                yield f"{name} cannot promise room for {Counter(pods)}"

    def _node_pools(self) -> Iterator[str]:
        expected = [
            self._node_pool(environment, pool, offer)
            for (environment, _), pool in sorted(self.pools.items())
            for offer in offers_of(pool)
        ]
        if self.plan["nodePools"] != expected:
            yield f"nodePools are {self.plan['nodePools']}, should be {expected}"

    def _node_pool(self, environment: str, pool: NodePool, offer: Offer) -> Document:
        charged = self.charged[environment, pool.name]
        units, allocated = offer.units * nodes_of(pool), sum(pod[offer.place] for pod in charged)
        return {
            "environment": environment,
            "nodePool": pool.name,
            "resource": offer.resource,
            "unitsPerNode": offer.units,
            "nodes": nodes_of(pool),
            "units": units,
            "allocated": allocated,
            "reserved": offer.reserved,
            "free": max(0, units - allocated - offer.reserved),
            "shortOf": self._short_of(pool, offer, charged),
            **(
                {}
                if (takes := scheduling_of(self.environments[environment], pool)) == "Active"
                else {"scheduling": takes}
            ),
        }

    def _short_of(self, pool: NodePool, offer: Offer, charged: list[Pod]) -> list[str]:
        """Return the fewest resources without which one more of the smallest pods would fit, where units are free."""
        node, gpus = node_of(pool), len(offers_of(pool))
        own = [pod for pod in charged if pod[offer.place]]
        free = offer.units * nodes_of(pool) - sum(pod[offer.place] for pod in own) - offer.reserved
        if not own or min(own)[offer.place] > free:
            return []
        pods = [*charged, min(own)]

        def fits(limited: Iterable[int]) -> bool:
            kept = [*range(gpus), *sorted(limited)]
            return promised_on(pool, [tuple(pod[i] for i in kept) for pod in pods], tuple(node[i] for i in kept))

        gone = [index for index, has in enumerate(node) if index >= gpus and has is not None]
        counted = ["cpu", "memory", "pods", "ephemeral-storage", *sorted(pool.allocatable.extended_resources), ""]
        names = [*[""] * gpus, *counted]
        if fits(gone) or not fits(()):
            return []
        for index in tuple(gone):
            others = [each for each in gone if each != index]
            if fits(set(range(gpus, len(node))) - set(others)):
                gone = others
        return [names[index] for index in gone]

    def _shortfalls(self) -> Iterator[str]:
        served: dict[DeploymentKey, set[str]] = {key: set() for key in self.deployments}
        for item in self.plan["placements"]:
            served[self._deployment(item).key].add(item["environment"])
        short = [key for key in sorted(served) if len(served[key]) < self.deployments[key].spec.environments]
        if [self._deployment(item).key for item in self.plan["shortfalls"]] != short:
            yield f"shortfalls should be those of {short}"
            return
        for key, item in zip(short, self.plan["shortfalls"], strict=True):
            deployment = self.deployments[key]
            if (item["wanted"], item["placed"]) != (deployment.spec.environments, len(served[key])):
                yield f"{key}: wanted or placed is not what is so: {item}"
            yield from self._rejections(deployment, served[key], each_rejection(self.plan, item))

    def _rejections(self, deployment: ModelDeployment, served: set[str], given: list[Document]) -> Iterator[str]:
        expected = dict(self._expected_rejections(deployment, served))
        got = [(item["environment"], item["nodePool"], item.get("resource"), item["profile"]) for item in given]
        if got != sorted(expected, key=lambda candidate: tuple(name or "" for name in candidate)):
            yield f"{deployment.key}: candidates are {got}, should be {sorted(expected, key=str)}"
            return
        for candidate, item in zip(got, given, strict=True):
            if item["code"] != expected[candidate]:
                yield f"{deployment.key}: {item} should be {expected[candidate]}"
            elif item["code"] == "capacity":
                yield from self._capacity_reason(deployment, candidate, item["message"])
            elif not item["message"]:
                yield f"{deployment.key}: {item} says nothing"

    def _expected_rejections(self, deployment: ModelDeployment, served: set[str]) -> Iterator[tuple[Candidate, str]]:
        for name, environment in self.environments.items():
            if name in served:
                continue
            if not has_labels(deployment.spec.environment_selector, labels_of(environment)):
                yield (name, None, None, None), "environment-selector"
                continue
            for (pool, offer), profile in product(_offered(environment), self.fleet.model_of(deployment).serving):
                codes = static_codes(deployment, profile, environment, pool, offer.resource)
                if not codes and self._over_quota(deployment, profile, environment, pool, offer):
                    codes = {"quota"}
                if not codes and self._only_prefill_lacks(deployment, profile, environment, pool, offer):
                    codes = {"prefill"}
                several = offer.resource if len(offers_of(pool)) > 1 else None
                yield (name, pool.name, several, profile.name), min([*codes, "capacity"], key=PRECEDENCE.index)

    def _over_quota(
        self,
        deployment: ModelDeployment,
        profile: ServingProfile,
        environment: InferenceEnvironment,
        pool: NodePool,
        offer: Offer,
    ) -> bool:
        """Return whether quotas forbid it on `pool`, whichever pool has its prefill."""
        pairs = [
            self._pair(deployment, profile, environment, (pool, offer), each)
            for each in _offered(environment)
            if profile.prefill
            and not static_codes(deployment, prefill_profile(profile), environment, each[0], each[1].resource)
        ]
        pairs = pairs or [self._pair(deployment, profile, environment, (pool, offer), None)]
        return all(exceeded(self.fleet, self.plan["placements"], deployment, asked) for asked in pairs)

    @staticmethod
    def _pair(
        deployment: ModelDeployment,
        profile: ServingProfile,
        environment: InferenceEnvironment,
        own: tuple[NodePool, Offer],
        prefill: tuple[NodePool, Offer] | None,
    ) -> list[tuple[str, NodePool, str, int]]:
        """Return what a quota counts of a profile's own pods on one pool, and of those of its prefill on another."""
        workloads = [(own, profile, replicas_of(deployment))]
        if prefill:
            workloads.append((prefill, prefill_profile(profile), prefill_replicas_of(deployment, profile)))
        return [
            (
                environment.metadata.name,
                pool,
                offer.resource,
                replicas * workload.replica_topology.nodes * workload.replica_topology.gpus_per_node,
            )
            for (pool, offer), workload, replicas in workloads
        ]

    def _only_prefill_lacks(
        self,
        deployment: ModelDeployment,
        profile: ServingProfile,
        environment: InferenceEnvironment,
        pool: NodePool,
        offer: Offer,
    ) -> bool:
        """Return whether its own pods have room on `pool`, and those of its prefill nowhere that quotas allow."""
        name, model = environment.metadata.name, self.fleet.model_of(deployment)
        own = pods_of(deployment, model, profile, pool, offer.resource)
        held = _holds(deployment, model, profile, (pool, offer))
        if profile.prefill is None or not held or not self._room(name, pool, own):
            return False
        for each, other in _offered(environment):
            prefill = prefill_pods_of(deployment, model, profile, each, other.resource)
            beside = [*(own if each is pool else []), *prefill]
            matches = not static_codes(deployment, prefill_profile(profile), environment, each, other.resource)
            held = _holds(deployment, model, prefill_profile(profile), (each, other))
            if matches and held and self._room(name, each, beside):
                pair = self._pair(deployment, profile, environment, (pool, offer), (each, other))
                if not exceeded(self.fleet, self.plan["placements"], deployment, pair):
                    return False
        return True

    def _room(self, environment: str, pool: NodePool, pods: list[Pod]) -> bool:
        return not pods or promised_on(pool, self.charged[environment, pool.name] + pods)

    def _capacity_reason(self, deployment: ModelDeployment, candidate: Candidate, message: str) -> Iterator[str]:
        """Find fault with "no room": there is room, or its numbers are wrong."""
        environment, pool_name, resource, profile_name = candidate
        pool = next(p for p in self.environments[environment].spec.node_pools if p.name == pool_name)
        model = self.fleet.model_of(deployment)
        profile = next(p for p in model.serving if p.name == profile_name)
        offer = offer_of(pool, resource)
        asked = pods_of(deployment, model, profile, pool, offer.resource)
        charged = self.charged[environment, pool.name]
        held = _holds(deployment, model, profile, (pool, offer))

        def room_for(count: int) -> bool:
            return promised_on(pool, charged + asked[:1] * count)

        if held and (not asked or room_for(len(asked))):
            yield f"{deployment.key} would fit {candidate}: {message}"
        units = offer.units * nodes_of(pool)
        free = max(0, units - sum(pod[offer.place] for pod in charged) - offer.reserved)
        match = _FULL.fullmatch(message)
        if not match or (int(match["free"]), int(match["units"])) != (free, units):
            yield f"{candidate}: {free} of {units} are free, message {message}"
        elif match["needs"]:
            if (
                int(match["needs"]) != len(asked) * profile.replica_topology.gpus_per_node
                or int(match["needs"]) <= free
            ):
                yield f"{candidate}: wrong need in {message}"
        elif match["large"]:
            if held:
                yield f"{candidate}: a node has all that a pod asks for: {message}"
        else:
            most = int(match["most"])
            if int(match["pods"]) != len(asked) or (most and not room_for(most)) or room_for(most + 1):
                yield f"{candidate}: wrong number of pods in {message}"


def _holds(
    deployment: ModelDeployment, model: ModelSpec, profile: ServingProfile, place: tuple[NodePool, Offer]
) -> bool:
    """Return whether an empty node holds one pod: if it does not, the pod has no place, however few there are."""
    pool, offer = place
    pod = pod_of(deployment, model, profile, pool, offer.resource)
    return all(has is None or need <= has for has, need in zip(node_of(pool), pod, strict=True))


def _offered(environment: InferenceEnvironment) -> list[tuple[NodePool, Offer]]:
    return [(pool, offer) for pool in environment.spec.node_pools for offer in offers_of(pool)]
