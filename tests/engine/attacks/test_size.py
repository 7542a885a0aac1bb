"""Many placements: each of these grew faster than the fleet, or was feared to.

What is compared is counted, so that it is the same on a slow machine: a fleet of twice the size may take twice as much,
and a tenth more.
"""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from tests.documents import Document, deployment, environment, model, profile, slices
from tests.engine.attacks.target import Target, assert_worked
from tests.engine.attacks.verdicts import SEEN
from tests.engine.workspace import Workspace
from tests.unit.cli.running import in_process

pytestmark = pytest.mark.attack

Seen = Callable[[str, object], None]

TINY = model("tiny", profile("any", memoryPerGpu="10Gi"))


def fleet(deployments: int) -> list[Document]:
    """Return a fleet of 64 pools that has room for all."""
    pools = [slices(f"pool-{at}", "1g.10gb", nodeCount=16) for at in range(8)]
    environments = [environment(f"env-{number}", *pools) for number in range(8)]
    return [*environments, TINY, *(deployment(f"chat-{number}", "tiny") for number in range(deployments))]


def written(action: Callable[[], CompletedProcess[str]]) -> tuple[CompletedProcess[str], int]:
    """Return what an action does, and how many bytes it and all that it waits for write to files, pipes and sockets."""

    def so_far() -> int:
        lines = Path("/proc/self/io").read_text().splitlines()
        return int(dict(line.split(": ") for line in lines)["wchar"])

    before = so_far()
    done = action()
    return done, so_far() - before


def assert_in_proportion(seen: Seen, what: str, small: tuple[int, int], large: tuple[int, int]) -> None:
    """See that what two fleets take (number, amount) grows as the number does, and put it into the table."""
    times, grown = large[0] / small[0], large[1] / small[1]
    seen(SEEN, f"{what}: {small[1]:,} for {small[0]:,}, {grown:.2f} times that for {times:.0f} times the number")
    assert grown <= times * 1.1, f"{what}: {grown:.2f} times for {times:.0f} times the number"


def test_58_a_plan_grows_with_the_number(tmp_path: Path, record_property: Seen) -> None:
    def plan(number: int) -> tuple[int, int]:
        file = tmp_path / f"{number}.yaml"
        file.write_text(yaml.dump_all(fleet(number), Dumper=yaml.CSafeDumper))
        profiler = cProfile.Profile()
        done = profiler.runcall(in_process, "plan", str(file), "--output", "json")
        assert done.returncode == 0
        assert done.stdout.count('"deployment"') == number
        return number, pstats.Stats(profiler).total_calls  # type: ignore[attr-defined]  # not in typeshed

    assert_in_proportion(record_property, "calls of functions", plan(2500), plan(5000))


def test_59_a_preview_grows_with_the_number(workspace: Workspace, record_property: Seen) -> None:
    workspace.set_config("kubeconfigSource", "none")

    def preview(number: int) -> tuple[int, int]:
        workspace.write(*fleet(number))
        run, spent = written(lambda: workspace.program.pulumi("preview", "--stack", "test", seconds=900))
        assert_worked(run)
        # Stack, environments, providers; a component and a service for each.
        assert f"+ {1 + 8 + 8 + 2 * number} to create" in run.stdout
        return number, spent

    assert_in_proportion(record_property, "bytes written", preview(500), preview(5000))


def test_60_an_update_grows_with_the_number(target: Target, record_property: Seen) -> None:
    # Otherwise each step writes the whole state into its file: docs/runbook.md.
    target.stack.environment["PULUMI_SKIP_CHECKPOINTS"] = "true"

    def update(number: int) -> tuple[int, int]:
        target.declare(*(target.chat(f"chat-{at}") for at in range(number)))
        run, spent = written(target.up)
        assert_worked(run)
        assert len(target.services()) == number
        target.declare()
        assert_worked(target.up())
        return number, spent

    assert_in_proportion(record_property, "bytes written", update(25), update(50))
