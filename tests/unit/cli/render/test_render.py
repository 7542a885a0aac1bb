"""`render` writes everything or nothing, and the same each time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import yaml

from slicewise.cli.manifest_files import manifest_text
from tests.unit.cli.render.rendering import MANIFESTS, contents, edit, render, without_deployments
from tests.unit.cli.running import SHORTFALL

if TYPE_CHECKING:
    from pathlib import Path


def test_a_second_run_changes_no_byte_and_no_file(documents: Path, output: Path) -> None:
    assert render(documents, output).returncode == 0
    before = contents(output)
    times = {path: path.stat().st_mtime_ns for path in output.rglob("*")}
    again = render(os.path.relpath(documents), output)
    assert (again.returncode, again.stdout) == (0, f"Changes: 3 unchanged\n\nwrote 3 manifests to {output}\n")
    assert contents(output) == before
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*")} == times


def test_one_manifest_is_not_written_as_several(documents: Path, output: Path) -> None:
    edit(documents / "deployments.yaml", "environments: 2", "environments: 1")
    text = (documents / "deployments.yaml").read_text()
    (documents / "deployments.yaml").write_text(text.partition("---")[0])
    assert render(documents, output).stdout == f"wrote 1 manifest to {output}\n"


def test_a_shortfall_changes_nothing(documents: Path, output: Path) -> None:
    render(documents, output)
    before = contents(output)
    edit(documents / "deployments.yaml", "replicas: 6", "replicas: 600")
    run = render(documents, output)
    assert run.returncode == 3
    # What would change is said even so, as `plan` does.
    headline, _, removed = run.stdout.splitlines()[:3]
    assert headline == "Changes: 1 removed, 2 unchanged"
    assert removed.split()[:2] == ["-", "team-b/chat-small"]
    assert "wrote" not in run.stdout
    assert "team-b/chat-small: 0 of 1 environments [SW501]" in run.stderr
    assert "nothing is written" in run.stderr
    assert contents(output) == before


def test_a_first_rendering_with_a_shortfall_makes_no_directory(output: Path) -> None:
    assert render(SHORTFALL, output).returncode == 3
    assert not output.exists()


def test_a_shortfall_that_is_accepted_renders_the_rest(documents: Path, output: Path) -> None:
    render(documents, output)
    edit(documents / "deployments.yaml", "replicas: 6", "replicas: 600")
    assert render(documents, output, "--on-shortfall", "warn").returncode == 5
    run = render(documents, output, "--on-shortfall", "warn", "--allow-moves")
    assert run.returncode == 0
    assert "[SW501]" in run.stderr
    assert list(contents(output)) == MANIFESTS[:2]


def test_what_the_plan_no_longer_has_is_removed(documents: Path, output: Path) -> None:
    render(documents, output)
    theirs = output / "mig-a" / "kustomization.yaml"
    theirs.write_text("resources: []\n")
    without_deployments(documents)
    run = render(documents, output)
    headline, *removed, last = filter(None, run.stdout.splitlines())
    assert headline == "Changes: 3 removed"
    assert [line.split()[:2] for line in removed] == [
        ["-", "team-a/gemma"],
        ["-", "team-a/gemma"],
        ["-", "team-b/chat-small"],
    ]
    assert last == f"wrote 0 manifests to {output}, removed 3 that this rendering does not have"
    assert list(contents(output)) == ["mig-a/kustomization.yaml"]
    assert not (output / "onprem-b").exists()


def test_a_renamed_environment_takes_its_manifests_along(documents: Path, output: Path) -> None:
    render(documents, output)
    edit(documents / "environments.yaml", "name: mig-a\n", "name: mig-z\n")
    assert render(documents, output, "--allow-moves").returncode == 0
    assert sorted(path.name for path in output.iterdir()) == ["mig-z", "onprem-b", "slicewise-plan.json"]


def test_what_an_object_has_twice_is_written_twice() -> None:
    shared = {"containers": [{"name": "main"}]}
    text = manifest_text({"template": shared, "worker": shared})
    assert yaml.safe_load(text) == {"template": shared, "worker": shared}
    assert not any(isinstance(token, yaml.AnchorToken | yaml.AliasToken) for token in yaml.scan(text))


def test_nothing_is_written_as_a_reference_to_something_else(documents: Path, output: Path) -> None:
    """A service of several nodes has one pod template twice."""
    edit(
        documents / "models.yaml",
        "        requires:\n          memoryPerGpu: 72Gi",
        "        nodes: 2\n        requires:\n          memoryPerGpu: 72Gi",
    )
    edit(documents / "deployments.yaml", "replicas: 2", "replicas: 1")
    assert render(documents, output).returncode == 0
    (text,) = (path.read_text() for path in output.glob("onprem-b/team-a.llminferenceservice.*"))
    assert yaml.safe_load(text)["spec"]["worker"] == yaml.safe_load(text)["spec"]["template"]
    assert not any(isinstance(token, yaml.AnchorToken | yaml.AliasToken) for token in yaml.scan(text))


def test_device_classes_that_no_pool_needs_are_said(documents: Path, output: Path) -> None:
    run = render(documents, output, "--create-device-classes")
    assert run.returncode == 0
    assert run.stderr == (
        "warning: --create-device-classes has no effect: no pool with allocation: extendedResource has slices, and "
        "other pools need no DeviceClass; leave it out, or write allocation: extendedResource in the pools that are "
        "meant [SW319]\n"
    )
    assert sorted(contents(output)) == MANIFESTS
    # The second of its ways.
    for file in documents.glob("*.yaml"):
        text = file.read_text()
        file.write_text(
            text.replace("      acceleratorCount:", "      allocation: extendedResource\n      acceleratorCount:")
        )
    run = render(documents, output, "--create-device-classes")
    assert (run.returncode, run.stderr) == (0, "")
    assert [each for each in contents(output) if "deviceclass" in each]
