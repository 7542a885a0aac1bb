"""`slicewise status` where clusters cannot be asked; tests/cluster/test_status.py asks one that can."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from slicewise.cli.status import fleet_status
from slicewise.cli.status_screen import print_status
from slicewise.clusters.readiness import Observed, ObservedServices
from slicewise.manifests import placement_objects
from slicewise.planning import make_plan
from tests.documents import deployment, environment, fleet_of, model, profile, slices
from tests.unit.cli.api_server import api_server
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


@pytest.mark.parametrize(
    ("stack", "unplanned", "last_lines"),
    [
        (
            None,
            [],
            (
                (
                    "2 services of stacks that are not known to apply these documents: 2 of o/slicewise/live. If one "
                    "of them does, name it with --stack"
                ),
                "",
                "0 of 1 service serving, 1 not there",
            ),
        ),
        (
            "o/slicewise/live",
            ["gemma", "qwen"],
            (
                "team/qwen in e (stack o/slicewise/live) runs and is not in the plan",
                "",
                "0 of 1 service serving, 1 not there, 2 not in the plan",
            ),
        ),
        ("o/slicewise/new", [], ("0 of 1 service serving, 1 not there",)),
    ],
)
def test_before_the_first_up_services_of_stacks_are_not_called_unplanned(
    stack: str | None, unplanned: list[str], last_lines: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever reads that they are not in the plan may delete them."""
    fleet = fleet_of(
        [
            environment("e", slices("p", "1g.10gb")),
            model("m", profile("slice", memoryPerGpu="9Gi", mig="only")),
            deployment("chat", "m"),
        ]
    )

    def live(name: str) -> Observed:
        annotations = {"slicewise.dev/stack": "o/slicewise/live"}
        metadata = {"namespace": "team", "name": name, "annotations": annotations}
        return Observed({"metadata": metadata, "spec": {"annotations": {"slicewise.dev/revision": "r"}}}, None, [])

    there = {("team", name): live(name) for name in ("gemma", "qwen")}
    found = fleet_status(fleet, make_plan(fleet), ["e"], {"e": ObservedServices(there)}, [stack] if stack else [])
    assert [each.live.name for each in found.more] == unplanned
    print_status(Console(width=1000), found)
    assert tuple(capsys.readouterr().out.splitlines()[-len(last_lines) :]) == last_lines


def test_several_stacks_may_be_named(tmp_path: Path) -> None:
    """As those of a plan stack, each of which applies its own environment."""
    both = [environment(name, slices("p", "1g.10gb")) for name in ("east", "west")]
    asked = [model("m", profile("slice", memoryPerGpu="9Gi", mig="only")), deployment("chat", "m", environments=2)]
    of, file = fleet_of([*both, *asked]), tmp_path / "all.yaml"
    file.write_text("---\n".join(map(yaml.safe_dump, [*both, *asked])), encoding="utf-8")
    options: list[str] = []
    with ExitStack() as servers:
        for placement in make_plan(of).placements:
            (service,) = placement_objects(of, placement)
            service["metadata"]["annotations"] |= {"slicewise.dev/stack": f"o/slicewise/{placement.environment}"}
            config = tmp_path / placement.environment
            url = servers.enter_context(api_server([], services=[service]))
            config.write_text(kubeconfig_text(url), encoding="utf-8")
            options += ["--kubeconfig", f"{placement.environment}={config}"]

        def states(*stacks: str) -> dict[str, str]:
            given = [each for stack in stacks for each in ("--stack", f"o/slicewise/{stack}")]
            run = slicewise("status", str(file), *options, *given, "--output", "json")
            return {each["environment"]: each["state"] for each in json.loads(run.stdout)["deployments"]}

        assert states() == states("east", "west") == {"east": "waiting", "west": "waiting"}
        assert states("west") == {"east": "foreign", "west": "waiting"}
