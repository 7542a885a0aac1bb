"""Many placements: each of these grew faster than the fleet, or was feared to."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.documents import Document, deployment, environment, model, profile, slices
from tests.engine.attacks.target import Target, assert_worked
from tests.engine.workspace import Workspace
from tests.unit.cli.running import in_process

pytestmark = pytest.mark.attack

TINY = model("tiny", profile("any", memoryPerGpu="10Gi"))


def fleet(environments: int, pools: int, deployments: int) -> list[Document]:
    """Return a fleet that has room for all."""
    names = [f"env-{number}" for number in range(environments)]
    made = [
        environment(name, *(slices(f"pool-{at}", "1g.10gb", nodeCount=16) for at in range(pools))) for name in names
    ]
    return [*made, TINY, *(deployment(f"chat-{number}", "tiny") for number in range(deployments))]


def seconds(action: Callable[[], None], *, who: int) -> float:
    """Return the CPU time that an action takes: of this process, or of its children."""
    before = resource.getrusage(who)
    action()
    after = resource.getrusage(who)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_58_a_large_plan_takes_seconds(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(yaml.dump_all(fleet(8, 8, 1000), Dumper=yaml.CSafeDumper))

    def plan() -> None:
        done = in_process("plan", str(file), "--output", "json")
        assert done.returncode == 0
        assert done.stdout.count('"deployment"') >= 1000

    assert seconds(plan, who=resource.RUSAGE_SELF) < 10


def test_59_a_large_preview_takes_less_than_a_minute(workspace: Workspace) -> None:
    workspace.set_config("kubeconfigSource", "none")
    workspace.write(*fleet(4, 4, 500))
    started = time.monotonic()

    shown = workspace.pulumi("preview", "--stack", "test").stdout

    assert time.monotonic() - started < 60
    # Stack, environments, providers; a component and a service for each.
    assert f"+ {1 + 4 + 4 + 2 * 500} to create" in shown


def test_60_updates_grow_with_the_number(target: Target) -> None:
    def taken(number: int) -> float:
        target.declare(*(target.chat(f"chat-{at}") for at in range(number)))
        spent = seconds(lambda: assert_worked(target.up()), who=resource.RUSAGE_CHILDREN)
        assert len(target.services()) == number
        target.declare()
        assert_worked(target.up())
        return spent

    empty, small, large = taken(0), taken(15), taken(45)
    # The state file is written at every step (docs/benchmarks.md), which is what makes it more than three times.
    assert large - empty < 4.5 * (small - empty), (empty, small, large)
