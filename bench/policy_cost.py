"""`python -m bench.policy_cost`: what policies cost beside a preview, as `make policy` runs them and as a pack.

The same program on the same stack, with the real engine and provider, in turns and without a cluster: the preview
alone; the preview and the rules on its events, as `make policy` does it; the preview with the pack. The fleet has
services of every shape, and keeps to all policies: each of them is looked at by all of them. Shown are the seconds of
the processor that all processes take together: least, median and most.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.children import children_seconds
from bench.fleet_documents import Document, fleet_of, write_yaml
from bench.fleets import random_fleet
from embedded import CHECKOUT, Program
from slicewise.planning import make_plan

PACK: Final = CHECKOUT / "policies" / "__main__.py"
_STACK: Final = "bench"
_SEED: Final = 1
# So many services in one environment.
_SERVICES: Final = 50
# A load at which every deployment is placed, and at least as many as are wanted.
_LOAD: Final = 0.5
# How much of a failed preview's output is shown.
_LAST_WORDS: Final = 2000


@dataclass
class PreviewWay:
    """A way of running the preview, and what it took in seconds of the processor, each time."""

    name: str
    run: Callable[[Program], str]
    cpu: list[float] = field(default_factory=list)

    def time(self, program: Program) -> None:
        """Run it once."""
        before = children_seconds()
        self.run(program)
        self.cpu.append(children_seconds() - before)


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m bench.policy_cost", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of each way (default: %(default)s)")
    parser.add_argument("--services", type=int, nargs="+", default=[1000], help="fleets of so many (default: 1000)")
    arguments = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"load of the machine: {os.getloadavg()[0]:.1f}; CPU seconds, least, median and most")
    for services in arguments.services:
        with tempfile.TemporaryDirectory() as directory:
            ways = _measured(Path(directory) / "program", services, arguments.runs)
        alone = statistics.median(ways[0].cpu)
        for way in ways:
            middle = statistics.median(way.cpu)
            spread = f"{min(way.cpu):6.2f} {middle:6.2f} {max(way.cpu):6.2f}"
            console.print(f"{services:6,} services, {way.name:<24} {spread}   ratio {middle / alone:.2f}")
    return 0


def _measured(directory: Path, services: int, runs: int) -> list[PreviewWay]:
    program = Program.create(directory, _STACK)
    program.set_config("kubeconfigSource", "none")
    write_yaml(documents(services), program.directory / "stacks" / _STACK)
    ways = [
        PreviewWay("alone", preview),
        PreviewWay("rules on its events", _rules_on_events),
        PreviewWay("with the pack", _with_pack),
    ]
    declared, checked = services_and_checks(_with_pack(program))
    if declared != services or checked < services:
        sys.exit(f"{declared} services are declared, and {checked} resources checked: nothing to compare")
    for number in range(runs):
        # Each goes first equally often, so other work on the machine slows all alike.
        for way in ways if number % 2 == 0 else reversed(ways):
            way.time(program)
    return ways


def _rules_on_events(program: Program) -> str:
    """Do what `make policy` does."""
    events = program.directory / "events.json"
    events.write_text(preview(program, "--json"), encoding="utf-8")
    manifests = str(program.directory / "stacks" / _STACK)
    reports = [f"--{kind}={program.directory / kind}" for kind in ("summary", "sarif", "junit", "code-quality")]
    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-m", "policies.results", str(events), "--manifests", manifests, *reports],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(
            f"the rules found something, or could not run\n{done.stdout[-_LAST_WORDS:]}\n{done.stderr[-_LAST_WORDS:]}"
        )
    return done.stdout


def _with_pack(program: Program) -> str:
    return preview(program, "--json", "--policy-pack", str(PACK))


def documents(services: int) -> list[Document]:
    """Return a fleet whose deployments ask for so many services, and get them."""
    environments = max(services // _SERVICES, 2)
    drawn = random_fleet(_SEED, environments=environments, deployments=services, load=_LOAD, kind="mixed")
    others = [item for item in drawn if item["kind"] != "ModelDeployment"]
    placed = {str(placement.deployment) for placement in make_plan(fleet_of(drawn)).placements}
    deployments = [item for item in drawn if item["kind"] == "ModelDeployment" and _key(item) in placed]
    return [*others, *_enough(deployments, services)]


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


def _enough(deployments: Iterable[Document], services: int) -> list[Document]:
    """Return deployments, in their order, that ask for exactly as many services as are wanted."""
    chosen, left = [], services
    for deployment in deployments:
        asked = deployment["spec"]["environments"]
        if asked <= left:
            chosen.append(deployment)
            left -= asked
    return chosen


if __name__ == "__main__":
    sys.exit(main())
