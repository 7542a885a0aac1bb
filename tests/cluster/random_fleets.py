"""Seeded random fleets of one environment, and the nodes that its cluster would have by NVIDIA's facts."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from embedded.fake_nodes import FakePool
from tests.documents import Document, deployment, environment, model, pool, profile, several, slices

# Instances of each profile on one H100 80GB: NVIDIA MIG User Guide, "Supported MIG profiles".
INSTANCES = {"1g.10gb": 7, "1g.20gb": 4, "2g.20gb": 3, "3g.40gb": 2}
ENVIRONMENT = "env"


@dataclass(frozen=True)
class RandomFleet:
    """Documents, and the nodes behind their pools."""

    documents: tuple[Document, ...]
    nodes: tuple[FakePool, ...]


def random_fleet(seed: int) -> RandomFleet:
    """Return the fleet of `seed`: the same on every machine."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    pools = [_pool(rng, f"s{seed}p{number}") for number in range(rng.randint(2, 4))]
    models: list[Document] = []
    deployments: list[Document] = []
    for number in range(rng.randint(4, 9)):
        name = f"m{number}"
        models.append(model(name, _profile(rng), cpu=rng.choice(["1", "2", "4"]), memory=rng.choice(["4Gi", "16Gi"])))
        deployments.append(deployment(f"d{number}", name, replicas=rng.randint(1, 9), priority=rng.randint(0, 2)))
    documents = (environment(ENVIRONMENT, *pools), *models, *deployments)
    return RandomFleet(documents, tuple(_nodes(item) for item in pools))


def fleet_of_several_profiles(seed: int) -> RandomFleet:
    """Return a fleet whose nodes are cut in three profiles beside whole GPUs, with few CPUs: the same everywhere."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    pools = [_cut_pool(rng, f"c{seed}p{number}") for number in range(rng.randint(1, 2))]
    if rng.random() < 0.5:
        pools.append(_pool(rng, f"c{seed}alike"))
    asked = {
        "9": profile("slice", memoryPerGpu="9Gi", mig="only"),
        "19": profile("slice", memoryPerGpu="19Gi"),
        "39": profile("slice", memoryPerGpu="39Gi"),
        "whole": profile("gpus", gpusPerNode=rng.choice([1, 2]), mig="never"),
    }
    models = [
        model(f"m{name}", each, cpu=rng.choice(["1", "2", "4"]), memory=rng.choice(["4Gi", "16Gi"]))
        for name, each in asked.items()
    ]
    deployments = [
        deployment(f"d{number}", f"m{rng.choice([*asked])}", replicas=rng.randint(1, 8), priority=rng.randint(0, 2))
        for number in range(rng.randint(6, 10))
    ]
    return RandomFleet((environment(ENVIRONMENT, *pools), *models, *deployments), tuple(_nodes(each) for each in pools))


def _cut_pool(rng: random.Random, name: str) -> Document:
    """Return eight GPUs of which some are whole, and each of the others has a 3g.40gb, a 2g.20gb and two 1g.10gb."""
    whole = rng.choice([0, 1, 2, 4])
    cut = 8 - whole
    reserved = {"reservedSlices": {"1g.10gb": rng.randint(1, 3)}} if rng.random() < 0.3 else {}
    return several(
        name,
        {"1g.10gb": 2 * cut, "2g.20gb": cut, "3g.40gb": cut},
        wholeGpus=whole,
        nodeCount=rng.randint(1, 2),
        allocatable={"cpu": str(rng.choice([16, 32, 48, 90])), "memory": "400Gi", "pods": rng.choice([12, 20, 110])},
        precisionSupport=["fp8"],
        **reserved,
    )


def _pool(rng: random.Random, name: str) -> Document:
    fields: dict[str, Any] = {"nodeCount": rng.randint(1, 3), "acceleratorCount": rng.choice([2, 4, 8])}
    if rng.random() < 0.4:
        fields["allocatable"] = {"cpu": str(rng.choice([8, 24, 64])), "memory": rng.choice(["64Gi", "256Gi"])}
    if rng.random() < 0.5:
        strategy = rng.choice(["mixed", "single"])
        return slices(name, rng.choice(sorted(INSTANCES)), strategy=strategy, precisionSupport=["fp8"], **fields)
    return pool(name, multiNodeCapable=True, precisionSupport=["fp8", "bf16"], **fields)


def _profile(rng: random.Random) -> Document:
    if rng.random() < 0.5:
        return profile("slice", memoryPerGpu=rng.choice(["8Gi", "18Gi", "38Gi"]))
    nodes = 2 if rng.random() < 0.25 else 1
    return profile("gpus", nodes=nodes, gpusPerNode=rng.choice([1, 2, 4, 8]), mig="never")


def _nodes(item: Document) -> FakePool:
    # Where the pool does not say, its nodes have plenty.
    allocatable = item.get("allocatable", {"cpu": "1000", "memory": "8Ti"})
    return FakePool(
        item["name"],
        item["nodeCount"],
        labels=item["nodeSelector"],
        taints=({"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"},),
        resources=_resources(item),
        cpu=allocatable["cpu"],
        memory=allocatable["memory"],
        pods=allocatable.get("pods", 250),
    )


def _resources(item: Document) -> dict[str, int]:
    """Return what the device plugin advertises on each node of a pool."""
    mig = item["capabilities"].get("migConfiguration")
    if mig and "slices" in mig:
        cut = {f"nvidia.com/mig-{profile}": count for profile, count in mig["slices"].items()}
        return cut | ({"nvidia.com/gpu": mig["wholeGpus"]} if mig.get("wholeGpus") else {})
    units = item["acceleratorCount"] * (INSTANCES[mig["profile"]] if mig else 1)
    mixed = mig is not None and mig["strategy"] == "mixed"
    return {f"nvidia.com/mig-{mig['profile']}" if mixed else "nvidia.com/gpu": units}
