"""Judges a plan by the documents alone: a reading of docs/placement.md that shares no code with planning.

`findings` returns everything that is wrong with a plan's JSON data; an empty list is the verdict that it is right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import product

from slicewise.documents import DeploymentKey, Fleet, InferenceEnvironment, ModelDeployment, NodePool, ServingProfile
from slicewise.documents.base import Selector
from slicewise.documents.served_model import ModelSpec
from tests.documents import Document
from tests.unit.planning.capacity_rule import Node, Pod, promised

# NVIDIA's MIG user guide, tables "Profile Names on" A100-80GB and H100 (alike) and H200: instances on one GPU.
SLICES = {"1g.10gb": 7, "1g.20gb": 4, "2g.20gb": 3, "3g.40gb": 2, "4g.40gb": 1, "7g.80gb": 1} | {
    "1g.18gb": 7,
    "1g.35gb": 4,
    "2g.35gb": 3,
    "3g.71gb": 2,
    "7g.141gb": 1,
}
PRECEDENCE = (
    *("environment-selector", "profile-selector", "node-pool-selector", "insufficient-memory"),
    *("precision-unsupported", "interconnect", "inter-node-bandwidth", "nvlink-domain", "multi-node-unsupported"),
    *("gpus-per-node", "mig-single-device", "mig-not-allowed", "mig-required", "not-enough-nodes"),
    *("engine-memory", "prefill", "capacity"),
)
_FULL = re.compile(
    r"(?P<free>\d+) of (?P<units>\d+) units free, "
    r"(needs (?P<needs>\d+)|(?P<large>but a pod asks for .* \(.*\))|"
    r"but only (?P<most>\d+) more pods? of .* whatever the order, "
    r"needs (?P<pods>\d+)(; short of .*)?)"
)

Candidate = tuple[str, str | None, str | None]


def findings(fleet: Fleet, plan: Document) -> list[str]:
    """Return what is wrong with `plan` for `fleet`."""
    return list(_Checker(fleet, plan).findings())


def charged_pools(fleet: Fleet, plan: Document) -> Iterator[tuple[int, Node, list[Pod]]]:
    """Yield the number of nodes, what one has, and the pods that `plan` puts there, of every pool."""
    checker = _Checker(fleet, plan)
    for name, pool in checker.pools.items():
        yield nodes_of(pool), node_of(pool), checker.charged[name]


class _Checker:
    def __init__(self, fleet: Fleet, plan: Document) -> None:
        self.fleet = fleet
        self.plan = plan
        self.environments = {environment.metadata.name: environment for environment in fleet.environments}
        self.deployments = {deployment.key: deployment for deployment in fleet.deployments}
        self.pools = {
            (name, pool.name): pool
            for name, environment in self.environments.items()
            for pool in environment.spec.node_pools
        }
        self.charged: dict[tuple[str, str], list[Pod]] = {pool: [] for pool in self.pools}
        for item in plan["placements"]:
            deployment = self._deployment(item)
            model = fleet.model_of(deployment)
            pool = self.pools[item["environment"], item["nodePool"]]
            profile = next(profile for profile in model.serving if profile.name == item["profile"])
            self.charged[item["environment"], item["nodePool"]] += pods_of(deployment, model, profile, pool)
            if "prefill" in item:
                there = item["environment"], item["prefill"]["nodePool"]
                self.charged[there] += prefill_pods_of(deployment, model, profile, self.pools[there])

    def findings(self) -> Iterator[str]:
        yield from self._placements()
        yield from self._capacity()
        yield from self._node_pools()
        yield from self._shortfalls()

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

    def _placement(self, item: Document) -> Iterator[str]:
        deployment = self._deployment(item)
        profile = next(p for p in self.fleet.model_of(deployment).serving if p.name == item["profile"])
        environment = self.environments[item["environment"]]
        pool = self.pools[item["environment"], item["nodePool"]]
        codes = static_codes(deployment, profile, environment, pool)
        if codes:
            yield f"{item} breaks {codes}"
        topology = profile.replica_topology
        expected = {
            "replicas": replicas_of(deployment),
            "nodesPerReplica": topology.nodes,
            "gpusPerNode": topology.gpus_per_node,
            "units": replicas_of(deployment) * topology.nodes * topology.gpus_per_node,
            "resource": {"name": _resource(pool), "count": topology.gpus_per_node},
        }
        yield from (f"{item}: {key} should be {value}" for key, value in expected.items() if item[key] != value)
        if ("prefill" in item) != (profile.prefill is not None):
            yield f"{item}: it has prefill, or lacks it"
        elif profile.prefill:
            yield from self._prefill(item["prefill"], deployment, profile, environment)

    def _prefill(
        self, item: Document, deployment: ModelDeployment, profile: ServingProfile, environment: InferenceEnvironment
    ) -> Iterator[str]:
        pool, workload = self.pools[environment.metadata.name, item["nodePool"]], prefill_profile(profile)
        if codes := static_codes(deployment, workload, environment, pool):
            yield f"{item} breaks {codes}"
        topology, replicas = workload.replica_topology, prefill_replicas_of(deployment, profile)
        expected = {
            "nodePool": pool.name,
            "replicas": replicas,
            "nodesPerReplica": topology.nodes,
            "gpusPerNode": topology.gpus_per_node,
            "units": replicas * topology.nodes * topology.gpus_per_node,
            "resource": {"name": _resource(pool), "count": topology.gpus_per_node},
        }
        if item != expected:
            yield f"{item} should be {expected}"

    def _capacity(self) -> Iterator[str]:
        for name, pool in self.pools.items():
            pods = self.charged[name]
            if pods and not promised(nodes_of(pool), node_of(pool), pods, pool.reserved_units):
                yield f"{name} cannot promise room for {Counter(pods)}"

    def _node_pools(self) -> Iterator[str]:
        expected = []
        for (environment, name), pool in sorted(self.pools.items()):
            units = _units_of_node(pool) * nodes_of(pool)
            allocated = sum(pod[0] for pod in self.charged[environment, name])
            expected.append(
                {
                    "environment": environment,
                    "nodePool": name,
                    "resource": _resource(pool),
                    "unitsPerNode": _units_of_node(pool),
                    "nodes": nodes_of(pool),
                    "units": units,
                    "allocated": allocated,
                    "reserved": pool.reserved_units,
                    "free": max(0, units - allocated - pool.reserved_units),
                    "shortOf": self._short_of(pool, self.charged[environment, name]),
                }
            )
        if self.plan["nodePools"] != expected:
            yield f"nodePools are {self.plan['nodePools']}, should be {expected}"

    def _short_of(self, pool: NodePool, charged: list[Pod]) -> list[str]:
        """Return the fewest resources without which one more of the smallest pods would fit, where units are free."""
        node = node_of(pool)
        free = _units_of_node(pool) * nodes_of(pool) - sum(pod[0] for pod in charged) - pool.reserved_units
        if not charged or min(charged)[0] > free:
            return []
        pods = [*charged, min(charged)]

        def fits(limited: Iterable[int]) -> bool:
            kept = [0, *sorted(limited)]
            rest = tuple(node[index] for index in kept)
            return promised(nodes_of(pool), rest, [tuple(pod[i] for i in kept) for pod in pods], pool.reserved_units)

        gone = [index for index, has in enumerate(node) if index and has is not None]
        names = ["", "cpu", "memory", "pods", "ephemeral-storage", *sorted(pool.allocatable.extended_resources), ""]
        if fits(gone) or not fits(()):
            return []
        for index in tuple(gone):
            others = [each for each in gone if each != index]
            if fits(set(range(1, len(node))) - set(others)):
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
            yield from self._rejections(deployment, served[key], item["rejections"])

    def _rejections(self, deployment: ModelDeployment, served: set[str], given: list[Document]) -> Iterator[str]:
        expected = dict(self._expected_rejections(deployment, served))
        got = [(item["environment"], item["nodePool"], item["profile"]) for item in given]
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
            if not _has_labels(deployment.spec.environment_selector, environment.metadata.labels):
                yield (name, None, None), "environment-selector"
                continue
            for pool, profile in product(environment.spec.node_pools, self.fleet.model_of(deployment).serving):
                codes = static_codes(deployment, profile, environment, pool)
                if not codes and self._only_prefill_lacks(deployment, profile, environment, pool):
                    codes = {"prefill"}
                yield (name, pool.name, profile.name), min([*codes, "capacity"], key=PRECEDENCE.index)

    def _only_prefill_lacks(
        self, deployment: ModelDeployment, profile: ServingProfile, environment: InferenceEnvironment, pool: NodePool
    ) -> bool:
        """Return whether the profile's own pods have room on `pool`, and those of its prefill beside them nowhere."""
        name, model = environment.metadata.name, self.fleet.model_of(deployment)
        own = pods_of(deployment, model, profile, pool)
        if profile.prefill is None or not self._room(name, pool, own):
            return False
        for each in environment.spec.node_pools:
            beside = [*(own if each is pool else []), *prefill_pods_of(deployment, model, profile, each)]
            matches = not static_codes(deployment, prefill_profile(profile), environment, each)
            if matches and self._room(name, each, beside):
                return False
        return True

    def _room(self, environment: str, pool: NodePool, pods: list[Pod]) -> bool:
        charged = self.charged[environment, pool.name]
        return not pods or promised(nodes_of(pool), node_of(pool), charged + pods, pool.reserved_units)

    def _capacity_reason(self, deployment: ModelDeployment, candidate: Candidate, message: str) -> Iterator[str]:
        """Find fault with "no room": there is room, or its numbers are wrong."""
        environment, pool_name, profile_name = candidate
        pool = next(p for p in self.environments[environment].spec.node_pools if p.name == pool_name)
        model = self.fleet.model_of(deployment)
        profile = next(p for p in model.serving if p.name == profile_name)
        asked = pods_of(deployment, model, profile, pool)
        charged = self.charged[environment, pool.name]

        def room_for(count: int) -> bool:
            return promised(nodes_of(pool), node_of(pool), charged + asked[:1] * count, pool.reserved_units)

        if not asked or room_for(len(asked)):
            yield f"{deployment.key} would fit {candidate}: {message}"
        units = _units_of_node(pool) * nodes_of(pool)
        free = max(0, units - sum(pod[0] for pod in charged) - pool.reserved_units)
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
            node = node_of(pool)
            if all(has is None or need <= has for has, need in zip(node, asked[0], strict=True)):
                yield f"{candidate}: a node has all that a pod asks for: {message}"
        else:
            most = int(match["most"])
            if int(match["pods"]) != len(asked) or (most and not room_for(most)) or room_for(most + 1):
                yield f"{candidate}: wrong number of pods in {message}"


def static_codes(
    deployment: ModelDeployment, profile: ServingProfile, environment: InferenceEnvironment, pool: NodePool
) -> set[str]:
    """Return the code of every rule but capacity that keeps `profile` off `pool`."""
    topology, has = profile.replica_topology, pool.capabilities
    needs = topology.requires
    nodes, gpus, sliced = topology.nodes, topology.gpus_per_node, _sliced(pool)
    fast, link = has.inter_node_bandwidth, ["pcie", "nvlink"]
    broken = {
        "environment-selector": not _has_labels(deployment.spec.environment_selector, environment.metadata.labels),
        "profile-selector": not _has_labels(profile.environment_selector, environment.metadata.labels),
        "node-pool-selector": not _has_labels(deployment.spec.node_pool_selector, pool.labels),
        "insufficient-memory": needs.memory_per_gpu is not None
        and has.memory_per_gpu.value < needs.memory_per_gpu.value,
        "precision-unsupported": not needs.precision_support <= has.precision_support,
        "interconnect": needs.interconnect is not None
        and (has.interconnect is None or link.index(has.interconnect.value) < link.index(needs.interconnect.value)),
        "inter-node-bandwidth": needs.inter_node_bandwidth is not None
        and (
            fast is None
            or fast.gigabits < needs.inter_node_bandwidth.gigabits
            or needs.inter_node_bandwidth.fabric not in (None, fast.fabric)
        ),
        "nvlink-domain": (needs.nvlink_domain_size or 0) > (has.nvlink_domain_size or 0),
        "multi-node-unsupported": nodes > 1 and not has.multi_node_capable,
        "gpus-per-node": not sliced and gpus > pool.accelerator_count,
        "mig-single-device": sliced and (nodes > 1 or gpus > 1),
        "mig-not-allowed": sliced and needs.mig.value == "never",
        "mig-required": not sliced and needs.mig.value == "only",
        "not-enough-nodes": nodes > nodes_of(pool),
    }
    return {code for code, holds in broken.items() if holds}


def _has_labels(selector: Selector, labels: dict[str, str]) -> bool:
    return selector.match_labels.items() <= labels.items()


def replicas_of(deployment: ModelDeployment) -> int:
    """Return the replicas that are charged: the most there may ever be."""
    scaling = deployment.spec.scaling
    if scaling.signal.value == "Concurrency":
        assert scaling.concurrency
        return scaling.concurrency.max_replicas
    return 1 if scaling.fixed is None else scaling.fixed.replicas


def _sliced(pool: NodePool) -> bool:
    configuration = pool.capabilities.mig_configuration
    return configuration is not None and configuration.enabled


def nodes_of(pool: NodePool) -> int:
    """Return how many nodes `pool` may have."""
    return pool.node_count if pool.max_node_count is None else pool.max_node_count


def node_of(pool: NodePool) -> Node:
    """Return what one node of `pool` has."""
    has = pool.allocatable
    return (
        _units_of_node(pool),
        None if has.cpu is None else _ceiling(has.cpu.value * 1000),
        None if has.memory is None else _ceiling(has.memory.value),
        has.pods,
        None if has.ephemeral_storage is None else _ceiling(has.ephemeral_storage.value),
        *(int(has.extended_resources[name].value) for name in sorted(has.extended_resources)),
        # Of everything else a node has nothing, where the pool says anything of what it has.
        0 if has.extended_resources else None,
    )


def _units_of_node(pool: NodePool) -> int:
    configuration = pool.capabilities.mig_configuration
    per_gpu = SLICES[configuration.profile or ""] if configuration and configuration.enabled else 1
    return pool.accelerator_count * per_gpu


def _resource(pool: NodePool) -> str:
    configuration = pool.capabilities.mig_configuration
    if configuration is None or not configuration.enabled or configuration.strategy.value == "single":
        return "nvidia.com/gpu"
    return "nvidia.com/mig-" + (configuration.profile or "").replace("+", ".")


def pods_of(deployment: ModelDeployment, model: ModelSpec, profile: ServingProfile, pool: NodePool) -> list[Pod]:
    """Return every pod of `deployment` in one environment, as it counts on `pool`."""
    topology, has = profile.replica_topology, pool.allocatable
    image = model.source.value == "OCI"
    wanted = _container_asks(deployment, model, profile, pool)
    disk = max(wanted.pop("ephemeral-storage", 0), _downloaded(model))
    pod = (
        topology.gpus_per_node,
        0 if has.cpu is None else _ceiling(model.resources.cpu.value * 1000) + 10 * image,
        0 if has.memory is None else _ceiling(model.resources.memory.value) + 15 * 2**20 * image,
        1,
        0 if has.ephemeral_storage is None else disk,
        *(wanted.pop(name, 0) for name in sorted(has.extended_resources)),
        sum(wanted.values()) if has.extended_resources else 0,
    )
    return [pod] * (replicas_of(deployment) * topology.nodes)


def _container_asks(
    deployment: ModelDeployment, model: ModelSpec, profile: ServingProfile, pool: NodePool
) -> dict[str, int]:
    """Return what a pod's containers ask for by name: what comes later says it, and of one place the request."""
    device, topology = pool.capabilities.inter_node_device, profile.replica_topology
    across = topology.nodes > 1 and topology.requires.inter_node_bandwidth is not None
    wanted = {device.resource: device.count} if device and across else {}
    for pod in (pool.pod, model.pod, profile.pod, deployment.spec.pod):
        said = pod.container.resources if pod and pod.container else None
        for amounts in (said.limits, said.requests) if said else ():
            wanted |= {name: _ceiling(amount.value) for name, amount in (amounts or {}).items()}
    return wanted


def _downloaded(model: ModelSpec) -> int:
    """Return the bytes of a model's checkpoint, where they are written and it is downloaded."""
    architecture = model.architecture
    downloaded = architecture and model.source.value in ("HuggingFace", "S3") and not model.lora
    return (architecture.checkpoint_bytes or 0) if architecture and downloaded else 0


def prefill_profile(profile: ServingProfile) -> ServingProfile:
    """Return a profile's prefill workload as docs/documents.md has it: its own shape, or else the profile's."""
    assert profile.prefill
    shape = profile.prefill.replica_topology or profile.replica_topology
    return ServingProfile(
        name=profile.name,
        environment_selector=profile.environment_selector,
        replica_topology=shape,
        pod=profile.prefill.pod or profile.pod,
    )


def prefill_replicas_of(deployment: ModelDeployment, profile: ServingProfile) -> int:
    """Return the prefill replicas that are charged: none for a deployment without replicas."""
    assert profile.prefill
    return profile.prefill.replicas if replicas_of(deployment) else 0


def prefill_pods_of(
    deployment: ModelDeployment, model: ModelSpec, profile: ServingProfile, pool: NodePool
) -> list[Pod]:
    """Return every prefill pod of `deployment` in one environment, as it counts on `pool`."""
    own = pods_of(deployment, model, prefill_profile(profile), pool)
    return own[:1] * prefill_replicas_of(deployment, profile)


def _ceiling(value: Decimal) -> int:
    return -int(-value // 1)
