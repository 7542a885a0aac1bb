"""What planning costs where nodes are cut in several profiles, beside the same fleet with one profile a pool."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.fleet_documents import Document, fleet_of
from bench.fleets import random_fleet
from bench.hardware import GPUS_PER_NODE, SLICES
from slicewise.documents import Fleet
from slicewise.planning import make_plan

_EVERY: Final = 3
# The best of some runs: other work on the machine only ever adds time.
_RUNS: Final = 3
# Of a node's eight GPUs four stay as the pool was cut, on twice as many nodes, and two get each of two other profiles.
_OTHERS: Final = 2


@dataclass(frozen=True)
class CostOfSeveral:
    """Processor seconds of one fleet as it was drawn, and with every third pool cut in several profiles."""

    pools: int
    cut_in_several: int
    seconds_of_one: float
    seconds_of_several: float


def measure_several(seed: int, environments: int, deployments: int, load: float) -> CostOfSeveral:
    """Plan a fleet both ways, in turns."""
    documents = random_fleet(seed, environments=environments, deployments=deployments, load=load, kind="mig")
    changed = with_several_profiles(documents)
    fleets = [fleet_of(documents), fleet_of(changed)]
    best = [float("inf"), float("inf")]
    for _ in range(_RUNS):
        for number, fleet in enumerate(fleets):
            best[number] = min(best[number], _seconds(fleet))
    pools = [pool for each in fleets[1].environments for pool in each.spec.node_pools]
    return CostOfSeveral(len(pools), sum(bool(pool.mig and pool.mig.slices) for pool in pools), *best)


def with_several_profiles(documents: Sequence[Document]) -> list[Document]:
    """Return the documents with every third pool cut in three profiles, and as many slices of its own as before."""
    changed = copy.deepcopy(list(documents))
    environments = sorted(
        (each for each in changed if each["kind"] == "InferenceEnvironment"), key=lambda each: each["metadata"]["name"]
    )
    pools = [pool for each in environments for pool in each["spec"]["nodePools"]]
    for pool in pools[::_EVERY]:
        _cut(pool)
    return changed


def _cut(pool: dict[str, Any]) -> None:
    capabilities = pool["capabilities"]
    per_gpu = {
        each.mig_profile: each.units_per_node // GPUS_PER_NODE
        for each in SLICES
        if each.accelerator == pool["acceleratorType"] and each.mig_profile
    }
    was = capabilities["migConfiguration"]["profile"]
    others = [name for name in sorted(per_gpu) if name != was and per_gpu[name] > 1][:_OTHERS]
    gpus = {was: GPUS_PER_NODE // 2, **dict.fromkeys(others, GPUS_PER_NODE // 4)}
    del capabilities["memoryPerGpu"]
    capabilities["migConfiguration"] = {
        "enabled": True,
        "slices": {name: count * per_gpu[name] for name, count in gpus.items()},
    }
    pool["nodeCount"] *= 2


def _seconds(fleet: Fleet) -> float:
    start = time.process_time()
    make_plan(fleet)
    return time.process_time() - start
