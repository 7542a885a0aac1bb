"""`python -m bench.architecture_cost`: what planning costs more where models say what they are made of.

One fleet is planned with its models' architectures and without them, in turns, each time from documents that are parsed
anew and with configs that no fleet before had. Where every engine surely starts on every slice, both plans must be the
same, warnings included: only then does the ratio compare the same work. Where they start but not surely, every such
pair of engine and slice has a warning with computed remedies.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console

from bench.fleet_documents import Document, write_yaml
from bench.fleets import random_fleet
from bench.result_tables import Table
from bench.sized_fleets import (
    FreshConfigs,
    model_for_each_deployment,
    with_architectures,
    with_certain_starts,
    with_more_slices,
)
from slicewise.documents import Fleet, load_fleet, unit_of
from slicewise.planning import Plan, make_plan

_SURELY: Final = "all surely start"
_START: Final = "all start"
_SHARED: Final = 20
# With these there are 40 kinds.
_MORE_SLICES: Final = 28


@dataclass(frozen=True)
class ArchitectureCost:
    """What one kind of fleet costs; seconds are those of the processor, medians of some runs.

    Attributes:
        name: What the fleet is.
        models: How many models it has.
        configs: How many configs these have.
        units: How many kinds of slices it has.
        warnings: How many warnings architectures add to the plan; fewer than none where what was placed has fewer.
        loading: Seconds of loading without architectures, and with them.
        planning: Seconds of planning likewise.
    """

    name: str
    models: int
    configs: int
    units: int
    warnings: int
    loading: tuple[float, float]
    planning: tuple[float, float]

    @property
    def more(self) -> float:
        """The part that architectures add to planning."""
        without, given = self.planning
        return given / without - 1


class DifferentPlansError(AssertionError):
    """A fleet was planned in another way although all engines start everywhere."""


def measure_fleets(seed: int, environments: int, deployments: int, runs: int) -> Iterator[ArchitectureCost]:
    """Measure each kind of fleet in turn."""
    documents = random_fleet(seed, environments=environments, deployments=deployments)
    models = sum(item["kind"] == "ClusterModel" for item in documents)
    many = with_more_slices(model_for_each_deployment(documents), _MORE_SLICES)
    for fleet, most in ((documents, models), (many, deployments)):
        for configs in (_SHARED, most):
            yield _measure(_SURELY, with_certain_starts(fleet), FreshConfigs(small=True), configs, runs)
        for configs in (_SHARED, most):
            yield _measure(_START, fleet, FreshConfigs(small=True), configs, runs)
        for configs in (_SHARED, most):
            yield _measure("many do not", fleet, FreshConfigs(small=False), configs, runs)


def _measure(
    name: str, documents: Sequence[Document], fresh: FreshConfigs, configs: int, runs: int
) -> ArchitectureCost:
    times: list[tuple[_Timed, _Timed]] = []
    for _ in range(runs):
        without = _timed(documents)
        given = _timed(with_architectures(documents, fresh.draw(configs)))
        if name in (_SURELY, _START) and _said(without.plan, name) != _said(given.plan, name):
            raise DifferentPlansError
        times.append((without, given))
    fleet = times[0][1].fleet
    return ArchitectureCost(
        name,
        len(fleet.models),
        configs,
        len({unit_of(pool) for each in fleet.environments for pool in each.spec.node_pools}),
        len(times[0][1].plan.warnings) - len(times[0][0].plan.warnings),
        (median(each.loading for each, _ in times), median(each.loading for _, each in times)),
        (median(each.planning for each, _ in times), median(each.planning for _, each in times)),
    )


@dataclass(frozen=True)
class _Timed:
    fleet: Fleet
    plan: Plan
    loading: float
    planning: float


def _timed(documents: Sequence[Document]) -> _Timed:
    with tempfile.TemporaryDirectory() as directory:
        write_yaml(documents, Path(directory))
        gc.collect()
        start = time.process_time()
        fleet = load_fleet([directory])
    gc.collect()
    loaded = time.process_time()
    plan = make_plan(fleet)
    return _Timed(fleet, plan, loaded - start, time.process_time() - loaded)


def _said(plan: Plan, name: str) -> tuple[object, ...]:
    """Return what architectures must not change in a plan: where engines surely start, no warning either."""
    return plan.placements, plan.shortfalls, plan.node_pools, *(plan.warnings if name == _SURELY else ())


def cost_table(costs: Iterable[ArchitectureCost]) -> Table:
    """Return what each kind of fleet costs."""
    columns = (
        *("engines", "models", "configs", "kinds of slices", "more warnings"),
        *("planning without (s)", "planning with (s)", "more", "loading without (s)", "loading with (s)"),
    )
    return Table("What architectures cost", columns, [_row(each) for each in costs])


def _row(cost: ArchitectureCost) -> tuple[str, ...]:
    counts = (f"{cost.models:,}", f"{cost.configs:,}", str(cost.units), f"{cost.warnings:+,}")
    planning, loading = ([f"{seconds:.2f}" for seconds in pair] for pair in (cost.planning, cost.loading))
    return (cost.name, *counts, *planning, f"{cost.more:+.0%}", *loading)


def main() -> None:
    """Print the costs."""
    parser = argparse.ArgumentParser(prog="python -m bench.architecture_cost", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--environments", type=int, default=1_000)
    parser.add_argument("--deployments", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5, help="of each, in turns (default: %(default)s)")
    given = parser.parse_args()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    console.print(
        f"seed {given.seed}, medians of {given.runs} runs: python -m bench.architecture_cost {' '.join(sys.argv[1:])}"
    )
    progress = Console(highlight=False, stderr=True)
    costs: list[ArchitectureCost] = []
    for cost in measure_fleets(given.seed, given.environments, given.deployments, given.runs):
        costs.append(cost)
        progress.print(", ".join(_row(cost)))
    cost_table(costs).show(console)


if __name__ == "__main__":
    main()
