"""What planning costs with many tight quotas, beside the same fleet without any."""

from __future__ import annotations

import copy
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.fleet_documents import Document, document, fleet_of
from bench.fleets import random_fleet
from slicewise.documents import Measure
from slicewise.planning import Rejections, make_plan, quotas_to_list

_TEAMS: Final = 30
_MORE_THAN_ENOUGH: Final[dict[Measure, int | str]] = {
    Measure.UNITS: 10**6,
    Measure.MEMORY: "1Ei",
    Measure.GPU_EQUIVALENTS: 10**6,
}
# The best of some runs: other work on the machine only ever adds time.
_RUNS: Final = 3


@dataclass(frozen=True)
class CostOfQuotas:
    """Processor seconds of one fleet without quotas and with them, and how many deployments lack a place then."""

    quotas: int
    short_without: int
    short_with: int
    seconds_without: float
    seconds_with: float


def measure_quotas(seed: int, environments: int, deployments: int, load: float, share: float) -> CostOfQuotas:
    """Plan a fleet without quotas and with such that allow a `share` of what is taken without them, in turns."""
    documents = random_fleet(seed, environments=environments, deployments=deployments, load=load, kind="mixed")
    fleets = [fleet_of(documents), fleet_of(with_quotas(documents, seed, share))]
    best, short = [float("inf"), float("inf")], [0, 0]
    for _ in range(_RUNS):
        for number, fleet in enumerate(fleets):
            start = time.process_time()
            plan = make_plan(fleet)
            best[number] = min(best[number], time.process_time() - start)
            short[number] = len(plan.shortfalls)
    return CostOfQuotas(len(fleets[1].quotas), *short, *best)


def with_quotas(documents: Sequence[Document], seed: int, share: float) -> list[Document]:
    """Return the documents with a quota of each namespace and of each team, a label that every deployment gets.

    Each limits one measure to a `share` of what its deployments take without quotas.
    """
    rng = random.Random(seed)  # noqa: S311 - drawn to be repeated, not to be secret
    changed = copy.deepcopy(list(documents))
    deployments = [each["metadata"] for each in changed if each["kind"] == "ModelDeployment"]
    for metadata in sorted(deployments, key=lambda each: str(each["name"])):
        metadata["labels"] = {"team": f"team-{rng.randrange(_TEAMS):02}"}
    namespaces = sorted({each["namespace"] for each in deployments})
    teams = sorted({each["labels"]["team"] for each in deployments})
    counted: list[Document] = [
        *({"namespaces": [each]} for each in namespaces),
        *({"deploymentSelector": {"matchLabels": {"team": each}}} for each in teams),
    ]
    measures = rng.choices(list(Measure), k=len(counted))
    unlimited = fleet_of([*changed, *_quotas(counted, [(each, _MORE_THAN_ENOUGH[each]) for each in measures])])
    plan = make_plan(unlimited)
    taken = quotas_to_list(unlimited, Rejections(unlimited, plan).quotas)
    limits = [(measure, _limit(measure, each["used"] * share)) for measure, each in zip(measures, taken, strict=True)]
    return [*changed, *_quotas(counted, limits)]


def _limit(measure: Measure, amount: float) -> int | str:
    match measure:
        case Measure.UNITS:
            return int(amount)
        case Measure.MEMORY:
            return f"{max(int(amount), 1)}Gi"
    return f"{max(amount, 0.01):.2f}"


def _quotas(counted: Sequence[Document], limits: Sequence[tuple[Measure, int | str]]) -> list[Document]:
    return [
        document("Quota", {"name": f"quota-{number:03}"}, {**spec, "limits": {measure.value: limit}})
        for number, (spec, (measure, limit)) in enumerate(zip(counted, limits, strict=True))
    ]
