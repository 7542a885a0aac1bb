"""`slicewise status` where clusters cannot be asked; tests/cluster/test_status.py asks one that can."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.cli.running import DEMO, slicewise
from tests.unit.clusters.access.asking import kubeconfig_text


def test_a_cluster_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.write_text(kubeconfig_text("https://127.0.0.1:9"), encoding="utf-8")
    options = ("--kubeconfig", f"mig-a={away}", "--environment", "mig-a")
    run = slicewise("status", DEMO, *options)
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert run.stderr.startswith("--kubeconfig: environment mig-a: ")
    assert run.stdout.splitlines()[-1] == "0 of 1 service serving, 1 not known"
    run = slicewise("status", DEMO, *options, "--output", "json")
    assert run.returncode == 2
    found = json.loads(run.stdout)
    assert [(each["environment"], each["state"], each["ready"]) for each in found["deployments"]] == [
        ("mig-a", "unknown", None),
    ]
    assert [each["code"] for each in found["unread"]] == ["SW621"]


def test_an_environment_without_a_kubeconfig_is_said() -> None:
    run = slicewise("status", DEMO)
    assert run.returncode == 2
    assert [line.split(": ")[1].split(" has ")[0] for line in run.stderr.splitlines()] == [
        *("environment mig-a", "environment onprem-b"),
    ]
