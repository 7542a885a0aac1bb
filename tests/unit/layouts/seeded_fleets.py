"""Fleets from seeds: pools that are all cut alike, and deployments that need slices of several sizes."""

from __future__ import annotations

import random
from typing import Any

from slicewise.documents import Fleet
from slicewise.mig import find_gpu_model
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices

BOARDS = {"a100-80gb": "nvidia-a100-80gb", "h100-80gb": "nvidia-h100-80gb", "h200": "nvidia-h200"}
MEMORY = ("9Gi", "15Gi", "19Gi", "30Gi", "36Gi", "60Gi")


def seeded_fleet(seed: int, gpus: int, *, load: float = 1.0, priorities: int = 1) -> Fleet:
    """Return a fleet of about so many GPUs, whose deployments ask for a part `load` of its memory."""
    draw = random.Random(seed)  # noqa: S311 - fleets, not secrets
    pools: list[list[dict[str, Any]]] = []
    left, memory = gpus, 0.0
    while left > 0:
        pools.append([])
        for number in range(draw.randint(1, 3)):
            name = draw.choice(list(BOARDS))
            board = find_gpu_model(name)
            count = draw.choice([1, 2, 4, 8]) if left < 32 else 8
            nodes = max(1, min(draw.randint(1, 12) * max(1, gpus // 300), left // count))
            cut = draw.choice([each for each in board.profiles if each.name.endswith("gb") and each.name[0] in "1237"])
            written: dict[str, Any] = {"acceleratorType": BOARDS[name], "acceleratorCount": count, "nodeCount": nodes}
            usable = f"{cut.usable_mib}Mi"
            pools[-1].append(slices(f"pool-{number}", cut.name, memoryPerGpu=usable, **written))
            left -= count * nodes
            memory += count * nodes * board.memory_gib * 0.8
            if left <= 0:
                break
    documents = [environment(f"env-{number}", *here) for number, here in enumerate(pools)]
    models = [
        model(f"model-{number}", profile("only", memoryPerGpu=text), cpu="100m", memory="1Gi")
        for number, text in enumerate(MEMORY)
    ]
    deployments: list[Document] = []
    wanted = 0.0
    while wanted < memory * load:
        number = draw.randrange(len(MEMORY))
        replicas = draw.randint(1, max(2, gpus // 25))
        environments = draw.randint(1, min(2, len(pools)))
        fields: dict[str, Any] = {"environments": environments, "priority": draw.randrange(priorities)}
        deployments.append(deployment(f"d-{len(deployments)}", f"model-{number}", replicas=replicas, **fields))
        wanted += replicas * environments * (10, 20, 20, 40, 40, 80)[number]
    return fleet_of([*documents, *models, *deployments])
