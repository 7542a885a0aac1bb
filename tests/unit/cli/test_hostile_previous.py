"""An earlier plan may hold any text, and none of it reaches a terminal as it is."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.documents import deployment, environment, model, slices
from tests.unit.cli.running import in_process

DOCUMENTS = [environment("mig-a", slices("small", "3g.40gb")), model("m"), deployment("chat", "m", replicas=2)]
PLACEMENT: dict[str, Any] = {
    "deployment": {"namespace": "team", "name": "chat"},
    "environment": "mig-a",
    "nodePool": "small",
    "profile": "any",
    "replicas": 2,
    "nodesPerReplica": 1,
    "gpusPerNode": 1,
    "units": 2,
    "resource": {"name": "nvidia.com/mig-3g.40gb", "count": 1},
}
FIELDS = [
    *[("environment",), ("nodePool",), ("profile",), ("resource", "name")],
    *[("deployment", "name"), ("deployment", "namespace")],
]
# Clears the screen, begins a line of its own, turns the direction of what follows, and hides what came before.
HOSTILE = ["x\x1b[2J", "a\nerror: all is lost", "a\u202eb", "a\rb", "[bold]x[/bold]", "x" * 5000]


def changed(path: tuple[str, ...], value: str) -> dict[str, Any]:
    placement = deepcopy(PLACEMENT)
    part = placement
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return placement


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_an_earlier_plan_says_is_shown_in_quotes(tmp_path: Path, value: str) -> None:
    documents, previous = tmp_path / "fleet.yaml", tmp_path / "plan.json"
    documents.write_text(yaml.safe_dump_all(DOCUMENTS))
    for field in FIELDS:
        # Beside a second entry, so that something has moved and something is gone.
        entries = [changed(field, value), changed(("environment",), "gone")]
        previous.write_text(json.dumps({"placements": entries}))
        for command in (["plan"], ["explain", "team/chat"]):
            run = in_process(*command, str(documents), "--previous", str(previous))
            said = run.stdout + run.stderr
            assert run.returncode == 0, said
            assert all(line.isprintable() for line in said.split("\n")), (field, command)
            assert not any(line.startswith("error: all is lost") for line in said.split("\n"))
            assert max(map(len, said.split("\n"))) < 1000
            if command == ["plan"] and field == ("nodePool",) and value.startswith("x\x1b"):
                assert r'environment mig-a has no pool "x\x1b[2J" any more' in said
