"""Seeded fleets with nodes that are cut into several profiles, beside pools of one profile and of whole GPUs."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from tests.documents import Document, deployment, environment, model, pool, profile, quota, several, slices

# Ways of cutting one GPU: NVIDIA's MIG user guide, the figures of possible combinations.
_80GB = ({"1g.10gb": 7}, {"2g.20gb": 3}, {"3g.40gb": 2}, {"3g.40gb": 1, "2g.20gb": 1, "1g.10gb": 2}, {"1g.20gb": 4})
_141GB = ({"1g.18gb": 7}, {"2g.35gb": 3}, {"3g.71gb": 2}, {"3g.71gb": 1, "2g.35gb": 1, "1g.18gb": 2}, {"7g.141gb": 1})
_BOARDS = {"nvidia-a100-80gb": _80GB, "nvidia-h100-80gb": _80GB, "nvidia-h200-141gb": _141GB}
# Memory that less than a slice of some profile has, and a GPU, or none.
_ASKED = ("8Gi", "15Gi", "18Gi", "31Gi", "38Gi", "65Gi", "75Gi", "120Gi")
_TIERS = ("blue", "green")


def mixed_fleet(seed: int) -> list[Document]:
    """Return a fleet of two environments whose models ask for more than there is of something, usually."""
    rng = Random(seed)  # noqa: S311 - a seeded order, no secret
    environments = [
        environment(name, *(_pool(rng, f"p{number}") for number in range(rng.randint(1, 3)))) for name in ("one", "two")
    ]
    models = [_model(rng, f"m{number}") for number in range(8)]
    deployments = [
        deployment(
            f"d{number:02}",
            f"m{rng.randrange(8)}",
            replicas=rng.choice([0, 1, 1, 2, 3, 5, 8, 13]),
            priority=rng.choice([0, 0, 10]),
            environments=rng.choice([1, 1, 2]),
            namespace=rng.choice(["team", "other"]),
            nodePoolSelector={"tier": rng.choice(_TIERS)} if rng.random() < 0.1 else {},
        )
        for number in range(rng.randint(6, 14))
    ]
    limits: Document = {rng.choice(["units", "gpuEquivalents"]): rng.randint(4, 40)}
    quotas = [quota("q", limits, namespaces=["other"])] if rng.random() < 0.3 else []
    return [*environments, *models, *deployments, *quotas]


def _pool(rng: Random, name: str) -> Document:
    board = rng.choice([*_BOARDS])
    fields: dict[str, Any] = {
        "acceleratorType": board,
        "nodeCount": rng.randint(1, 3),
        "labels": {"tier": rng.choice(_TIERS)},
        "precisionSupport": ["bf16"] if rng.random() < 0.2 else ["bf16", "int8"],
    }
    if rng.random() < 0.8:
        fields["allocatable"] = {"cpu": str(rng.choice([12, 24, 48, 96])), "memory": rng.choice(["192Gi", "1Ti"])}
        if rng.random() < 0.4:
            fields["allocatable"]["pods"] = rng.choice([6, 12, 24])
    kind = rng.random()
    if kind < 0.15:
        return pool(name, memoryPerGpu="78Gi", multiNodeCapable=True, interconnect="nvlink", **fields)
    if kind < 0.3:
        (only,) = rng.choice(_BOARDS[board][:3])
        memory = int(only.partition(".")[2].removesuffix("gb")) * 85 // 100
        return slices(name, only, memoryPerGpu=f"{memory}Gi", reservedUnits=rng.choice([0, 0, 2]), **fields)
    return _cut_pool(rng, name, board, fields)


def _cut_pool(rng: Random, name: str, board: str, fields: dict[str, Any]) -> Document:
    gpus, whole = rng.choice([2, 4, 8]), 0
    of_a_node: Counter[str] = Counter()
    for number in range(gpus):
        if number and rng.random() < 0.25:
            whole += 1
        else:
            of_a_node.update(rng.choice(_BOARDS[board]))
    if whole:
        fields |= {"wholeGpus": whole, "interconnect": "nvlink"}
        if rng.random() < 0.5:
            fields["memoryPerGpu"] = "76Gi"
    if rng.random() < 0.4:
        reserved = rng.sample(sorted(of_a_node), k=min(2, len(of_a_node)))
        fields["reservedSlices"] = {each: rng.randint(0, of_a_node[each] * fields["nodeCount"]) for each in reserved}
    if rng.random() < 0.3:
        smallest = min(of_a_node)
        fields["memoryPerSlice"] = {smallest: "9Gi" if "10gb" in smallest else "15Gi"}
    return several(name, dict(sorted(of_a_node.items())), acceleratorCount=gpus, **fields)


def _model(rng: Random, name: str) -> Document:
    profiles = []
    for number in range(rng.choice([1, 1, 2])):
        fields: dict[str, Any] = {
            "memoryPerGpu": rng.choice(_ASKED),
            "mig": rng.choice(["any", "any", "only", "never"]),
        }
        if fields["mig"] == "never":
            fields["gpusPerNode"] = rng.choice([1, 1, 2, 4])
            if fields["gpusPerNode"] > 1 and rng.random() < 0.5:
                fields["interconnect"] = "nvlink"
        if rng.random() < 0.2:
            fields["precisionSupport"] = ["int8"]
        profiles.append(profile(f"s{number}", **fields))
        if rng.random() < 0.2:
            profiles[-1]["prefill"] = _prefill(rng)
    return model(name, *profiles, cpu=rng.choice(["1", "2", "5", "9"]), memory=rng.choice(["4Gi", "16Gi", "40Gi"]))


def _prefill(rng: Random) -> Document:
    if rng.random() < 0.5:
        return {"replicas": rng.randint(1, 3)}
    requires = {"memoryPerGpu": rng.choice(_ASKED)}
    return {"replicas": rng.randint(1, 3), "replicaTopology": {"requires": requires}}
