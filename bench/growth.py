"""How time and memory grow with the fleet, everything measured in one process beside everything else."""

from __future__ import annotations

import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from bench.first_fit import decide
from bench.fleet_documents import write_yaml
from bench.fleets import FleetKind, random_fleet
from bench.quality import options_of
from slicewise.documents import Fleet, load_fleet
from slicewise.planning import make_plan

Result = TypeVar("Result")
# The best of some runs: other work on the machine only ever adds time.
_RUNS: Final = 3
_MIB: Final = 1024**2


@dataclass(frozen=True)
class Growth:
    """What one fleet costs."""

    kind: FleetKind
    environments: int
    deployments: int
    load: float
    load_seconds: float
    """Reading, parsing and validating the documents."""
    plan_seconds: float
    first_fit_seconds: float
    """One decision of the first-fit scheduler, with all other deployments placed."""
    plan_mib: float
    """The most memory that planning had at a time, beside the fleet itself."""


def measure(seed: int, kind: FleetKind, environments: int, deployments: int, load: float) -> Growth:
    """Load and plan a fleet."""
    documents = random_fleet(seed, environments=environments, deployments=deployments, load=load, kind=kind)
    load_seconds = plan_seconds = float("inf")
    with tempfile.TemporaryDirectory() as directory:
        write_yaml(documents, Path(directory))
        for _ in range(_RUNS):
            seconds, fleet = _timed(lambda: load_fleet([directory]))
            load_seconds = min(load_seconds, seconds)
            seconds, plan = _timed(lambda: make_plan(fleet))  # noqa: B023 - called at once
            plan_seconds = min(plan_seconds, seconds)
    newest = fleet.deployments[-1]
    others = [option for option in options_of(fleet, plan) if option.deployment is not newest]
    first_fit_seconds = min(_timed(lambda: decide(fleet, newest, others))[0] for _ in range(_RUNS))
    return Growth(
        kind, environments, deployments, load, load_seconds, plan_seconds, first_fit_seconds, _peak_mib(fleet)
    )


def _timed(action: Callable[[], Result]) -> tuple[float, Result]:
    # Processor time, not clock time: other work on the machine hardly shows.
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


def _peak_mib(fleet: Fleet) -> float:
    tracemalloc.start()
    try:
        make_plan(fleet)
        return tracemalloc.get_traced_memory()[1] / _MIB
    finally:
        tracemalloc.stop()
