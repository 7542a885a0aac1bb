"""Seeded fleets of one environment whose GPUs are cut on demand, with more asked for than there is room for."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from slicewise.documents import Fleet
from tests.documents import Document, deployment, environment, fleet_and_plan, model, on_demand, profile
from tests.unit.planning.placed_on_demand import FOUR_SLICES, SEVEN_SLICES, WHOLE, AskedSlice, Board

ENVIRONMENT = "env"
_FOUR = ("1g", "1g+me", "2g", "2g+me", "4g")
_SEVEN = ("1g", "1g+me", "1g double", "2g", "3g", "4g", "7g")
PROFILES = {
    "a30": dict(zip(_FOUR, ("1g.6gb", "1g.6gb+me", "2g.12gb", "2g.12gb+me", "4g.24gb"), strict=True)),
    "a100-40gb": dict(
        zip(
            _SEVEN,
            ("1g.5gb", "1g.5gb+me", "1g.10gb", "2g.10gb", "3g.20gb", "4g.20gb", "7g.40gb"),
            strict=True,
        )
    ),
    "h100-80gb": dict(
        zip(
            _SEVEN,
            ("1g.10gb", "1g.10gb+me", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb"),
            strict=True,
        )
    ),
}
"""What the boards call the profiles of `placed_on_demand`."""
BOARDS: dict[str, Board] = {
    "a30": FOUR_SLICES,
    "a100-40gb": SEVEN_SLICES,
    "h100-80gb": {**SEVEN_SLICES, WHOLE: (8, (0,))},
}
# Twice as often as others: the first that people cut.
_OFTEN = ("1g", "2g", "3g")


@dataclass(frozen=True)
class OnDemandPool:
    """Nodes of one pool, and the pods that a plan puts there."""

    name: str
    gpu: str
    nodes: int
    gpus: int
    cpu: int | None
    pods: Counter[AskedSlice]
    reserved: Counter[AskedSlice]


def on_demand_documents(seed: int, most_gpus: int = 4, most_replicas: int = 5) -> list[Document]:
    """Return the documents of `seed`: the same on every machine."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    gpu = rng.choice(sorted(PROFILES))
    names = PROFILES[gpu]
    known = [each for each in (*names, *_OFTEN) if each in names]
    chosen: dict[str, None] = {}
    while len(chosen) < 2 + seed % 2:
        chosen.setdefault(rng.choice(known))
    fields: dict[str, object] = {"nodeCount": rng.randint(1, 3), "acceleratorCount": rng.randint(1, most_gpus)}
    if gpu == "h100-80gb" and rng.random() < 0.4:
        fields["wholeGpus"] = 1
    if rng.random() < 0.25 and (fields["nodeCount"], fields["acceleratorCount"]) != (1, 1):
        fields["reservedSlices"] = {names[next(iter(chosen))]: rng.randint(1, 2)}
    if rng.random() < 0.35:
        fields["allocatable"] = {"cpu": str(rng.choice([4, 8, 14])), "memory": "1Ti"}
    pool = on_demand("p", [names[each] for each in chosen], acceleratorType=gpu, **fields)
    asked = [*chosen, *([WHOLE] if "wholeGpus" in fields else [])]
    models = [
        model(model_name(each), _serving(names, each), cpu=str(rng.randint(1, 3)), memory="1Gi") for each in asked
    ]
    deployments = [
        deployment(f"d{number}", model_name(each), replicas=rng.randint(1, most_replicas), priority=rng.randint(0, 2))
        for number, each in enumerate(rng.choices(asked, k=rng.randint(4, 8)))
    ]
    return [environment(ENVIRONMENT, pool), *models, *deployments]


def model_name(kind: str) -> str:
    """Return the name of the model that takes slices of one kind."""
    return "m" + kind.replace(" ", "-").replace("+", "-")


def _serving(names: dict[str, str], kind: str) -> Document:
    if kind == WHOLE:
        return profile("whole", memoryPerGpu="70Gi", mig="never")
    nominal = int(names[kind].split(".")[1].removesuffix("+me").removesuffix("gb"))
    return profile("slice", memoryPerGpu=f"{nominal * 9 // 10}Gi", mig="only")


def planned_pools(documents: list[Document]) -> Iterator[OnDemandPool]:
    """Yield each pool with the pods of the plan for these documents."""
    fleet, plan = fleet_and_plan(documents)
    for pool in fleet.environments[0].spec.node_pools:
        gpu, mig, cpu = pool.accelerator_type, pool.capabilities.mig_configuration, pool.allocatable.cpu
        assert mig
        kinds = {f"nvidia.com/mig-{each.replace('+', '.')}": kind for kind, each in PROFILES[gpu].items()}
        kinds["nvidia.com/gpu"] = WHOLE
        pods: Counter[AskedSlice] = Counter()
        for item in plan["placements"]:
            asked = _cpu(fleet, item) if cpu else 0
            pods[AskedSlice(kinds[item["resource"]["name"]], asked)] += item["replicas"]
        names = {name: kind for kind, name in PROFILES[gpu].items()}
        reserved = Counter({AskedSlice(names[each]): count for each, count in (mig.reserved_slices or {}).items()})
        cores = int(cpu.value) if cpu else None
        yield OnDemandPool(pool.name, gpu, pool.nodes, pool.accelerator_count, cores, pods, reserved)


def _cpu(fleet: Fleet, item: Document) -> int:
    named = next(each for each in fleet.deployments if each.metadata.name == item["deployment"]["name"])
    return int(fleet.model_of(named).resources.cpu.value)
