"""`python -m bench.policy_cost`: a preview of 1,000 services with the policy pack, and without it.

The same program on the same stack, with the real engine and provider, in turns and without a cluster. The fleet has
services of every shape, and keeps to all policies: each of them is looked at by all of them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.fleet_documents import Document, fleet_of, write_yaml
from bench.fleets import random_fleet
from embedded import CHECKOUT, Program
from slicewise.planning import make_plan

PACK: Final = CHECKOUT / "policies" / "__main__.py"
_STACK: Final = "bench"
_SERVICES: Final = 1000
_SEED: Final = 1
_ENVIRONMENTS: Final = 20
# A load at which every deployment is placed, and at least 1,000 are.
_LOAD: Final = 0.5
# How much of a failed preview's output is shown.
_LAST_WORDS: Final = 2000


@dataclass
class TimedPreviews:
    """A way of running the preview, and what it took in seconds, each time."""

    name: str
    flags: tuple[str, ...]
    wall: list[float] = field(default_factory=list)

    def run(self, program: Program) -> None:
        """Preview once."""
        start = time.perf_counter()
        preview(program, *self.flags)
        self.wall.append(time.perf_counter() - start)

    @property
    def median(self) -> float:
        """The median of all runs."""
        return statistics.median(self.wall)


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m bench.policy_cost", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="with the pack, and as many without")
    runs = parser.parse_args().runs
    console = Console(highlight=False, soft_wrap=True)
    without, with_pack = TimedPreviews("without", ()), TimedPreviews("with the pack", ("--policy-pack", str(PACK)))
    with tempfile.TemporaryDirectory() as directory:
        program = Program.create(Path(directory) / "program", _STACK)
        program.set_config("kubeconfigSource", "none")
        write_yaml(documents(), program.directory / "stacks" / _STACK)
        services, checked = services_and_checks(preview(program, "--json", *with_pack.flags))
        if services != _SERVICES or checked < services:
            console.print(f"{services} services are declared, and {checked} resources checked: nothing to compare")
            return 1
        for number in range(runs):
            # Each goes first equally often, so other work on the machine slows both alike.
            for timed in (without, with_pack) if number % 2 == 0 else (with_pack, without):
                timed.run(program)
    _report(console, without, with_pack)
    return 0


def documents() -> list[Document]:
    """Return a fleet whose deployments ask for 1,000 services, and get them."""
    drawn = random_fleet(_SEED, environments=_ENVIRONMENTS, deployments=_SERVICES, load=_LOAD, kind="mixed")
    others = [item for item in drawn if item["kind"] != "ModelDeployment"]
    placed = {str(placement.deployment) for placement in make_plan(fleet_of(drawn)).placements}
    return [*others, *_enough(item for item in drawn if item["kind"] == "ModelDeployment" and _key(item) in placed)]


def preview(program: Program, *flags: str) -> str:
    """Preview, and return what is printed; a preview that fails ends the benchmark."""
    run = program.pulumi("preview", "--stack", _STACK, *flags)
    if run.returncode != 0:
        sys.exit(f"the preview failed\n{run.stdout[-_LAST_WORDS:]}\n{run.stderr[-_LAST_WORDS:]}")
    return run.stdout


def services_and_checks(stream: str) -> tuple[int, int]:
    """Return how many services a preview declares, and how many resources the policies looked at."""
    events = [json.loads(line) for line in stream.splitlines() if line.startswith("{")]
    types = [event["resourcePreEvent"]["metadata"]["type"] for event in events if "resourcePreEvent" in event]
    services = sum(item.endswith(":LLMInferenceService") for item in types)
    return services, sum("policyAnalyzeSummaryEvent" in event for event in events)


def _key(deployment: Document) -> str:
    return f"{deployment['metadata']['namespace']}/{deployment['metadata']['name']}"


def _enough(deployments: Iterable[Document]) -> list[Document]:
    """Return deployments, in their order, that ask for exactly as many services as are wanted."""
    chosen, left = [], _SERVICES
    for deployment in deployments:
        asked = deployment["spec"]["environments"]
        if asked <= left:
            chosen.append(deployment)
            left -= asked
    return chosen


def _report(console: Console, without: TimedPreviews, with_pack: TimedPreviews) -> None:
    console.print(f"pulumi preview of {_SERVICES:,} services, median of {len(without.wall)} runs each, in turns:")
    for timed in (without, with_pack):
        console.print(f"  {timed.name:<14} {timed.median:6.2f} s   each run: {_seconds(timed.wall)}")
    extra = with_pack.median - without.median
    console.print(
        f"  ratio          {with_pack.median / without.median:6.2f}     {extra:.2f} s more, "
        f"{extra / _SERVICES * 1000:.1f} ms a service"
    )


def _seconds(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


if __name__ == "__main__":
    sys.exit(main())
