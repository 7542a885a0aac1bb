"""What is drawn for a generated fleet, pools and demands, and the documents that declare it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.drawn_models import ModelShape
from bench.fleet_documents import Document, document
from bench.hardware import GPUS_PER_NODE, Hardware


@dataclass
class Pool:
    """A node pool of the environment with this number."""

    environment: int
    hardware: Hardware
    nodes: int
    lane: str
    tier: str
    region: str

    @property
    def units(self) -> int:
        """Units of all nodes."""
        return self.nodes * self.hardware.units_per_node

    @property
    def labels(self) -> dict[str, str]:
        """What selectors may ask for: of the environment, and of the pool."""
        return {"lane": self.lane, "tier": self.tier, "region": self.region}


@dataclass
class DrawnDeployment:
    """A deployment, and the pools that were given to it."""

    model: ModelShape
    homes: Sequence[Pool]
    weight: float
    """Units in each environment."""
    environment_selector: dict[str, str] = field(default_factory=dict)
    node_pool_selector: dict[str, str] = field(default_factory=dict)
    autoscaled: bool = False
    priority: int = 0

    @property
    def most(self) -> int:
        """The most replicas that each of its pools could hold if it were empty."""
        return min(pool.units for pool in self.homes) // self.model.home.units

    @property
    def replicas(self) -> int:
        """Replicas in each environment."""
        return max(1, min(self.most, round(self.weight / self.model.home.units)))


def environment_documents(rng: random.Random, pools: Sequence[Pool], count: int) -> list[Document]:
    """Return the environments that have `pools`."""
    by_environment: dict[int, list[Document]] = {number: [] for number in range(count)}
    labels: dict[int, dict[str, str]] = {}
    for pool in pools:
        drawn = by_environment[pool.environment]
        name = f"{pool.hardware.name}-{len(drawn)}"
        drawn.append(_pool_document(rng, name, pool))
        labels[pool.environment] = {"region": pool.region, "tier": pool.tier}
    return [
        document(
            "InferenceEnvironment",
            {"name": f"cluster-{number:04}", "labels": labels[number]},
            {
                "cluster": {"source": "Existing", "existing": {"secretRef": {"name": f"cluster-{number:04}"}}},
                "nodePools": drawn,
            },
        )
        for number, drawn in by_environment.items()
    ]


def _pool_document(rng: random.Random, name: str, pool: Pool) -> Document:
    hardware = pool.hardware
    capabilities: Document = {
        "memoryPerGpu": f"{hardware.memory}Gi",
        "precisionSupport": sorted(hardware.precisions),
    }
    if hardware.mig_profile:
        capabilities["migConfiguration"] = {"enabled": True, "profile": hardware.mig_profile, "strategy": "mixed"}
    if hardware.interconnect:
        capabilities["interconnect"] = hardware.interconnect
    if hardware.bandwidth:
        capabilities |= {"multiNodeCapable": True, "interNodeBandwidth": hardware.bandwidth}
    autoscaled = rng.random() < 1 / 4
    nodes = {"nodeCount": rng.randint(0, pool.nodes), "maxNodeCount": pool.nodes} if autoscaled else {}
    return {
        "name": name,
        "labels": {"lane": pool.lane},
        "nodeSelector": {"example.com/pool": name},
        "acceleratorType": hardware.accelerator,
        "acceleratorCount": GPUS_PER_NODE,
        "nodeCount": pool.nodes,
        **nodes,
        "capabilities": capabilities,
    }


def deployment_documents(demands: Sequence[DrawnDeployment]) -> list[Document]:
    """Return the deployments that make `demands`."""
    # Two deployments of one model in one namespace would answer to the same name: each has another namespace.
    seen: Counter[str] = Counter()
    documents = []
    for number, demand in enumerate(demands):
        seen[demand.model.name] += 1
        metadata = {"name": f"serve-{number:05}", "namespace": f"team-{seen[demand.model.name]:03}"}
        spec: Document = {
            "modelRef": {"name": demand.model.name},
            "environments": len(demand.homes),
            "scaling": _scaling(demand),
        }
        if demand.environment_selector:
            spec["environmentSelector"] = {"matchLabels": demand.environment_selector}
        if demand.node_pool_selector:
            spec["nodePoolSelector"] = {"matchLabels": demand.node_pool_selector}
        if demand.priority:
            spec["priority"] = demand.priority
        documents.append(document("ModelDeployment", metadata, spec))
    return documents


def _scaling(demand: DrawnDeployment) -> Document:
    if not demand.autoscaled:
        return {"signal": "Fixed", "fixed": {"replicas": demand.replicas}}
    least = max(1, demand.replicas // 3)
    return {
        "signal": "Concurrency",
        "concurrency": {"minReplicas": least, "maxReplicas": demand.replicas, "target": 16},
    }
