"""The programs in examples/, previewed against the recording engine with the wheel: what each of them is to show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.package.installed import CHECKOUT, Installed, install

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("wheel")]

SERVICE = "kubernetes:serving.kserve.io/v1alpha2:LLMInferenceService"
PROVIDER = "pulumi:providers:kubernetes"
FLEET = "slicewise:index:Fleet"

# Previews the program in the directory that is the first argument, with the configuration that is the second.
PREVIEW = """
import dataclasses, json, sys
from slicewise.testing import recording, run_program
with recording(project=sys.argv[1].rpartition("/")[2], preview=True) as recorder:
    outputs = run_program(sys.argv[1], json.loads(sys.argv[2]))
resources = [dataclasses.asdict(each) for each in recorder.registrations]
plain = lambda value: sorted(value) if isinstance(value, frozenset) else repr(value)
print(json.dumps({"outputs": outputs, "resources": resources}, default=plain))
"""


def preview(installed: Installed, name: str, cwd: Path, **config: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the outputs, and the resources by name."""
    return preview_program(installed, CHECKOUT / "examples" / name, cwd, **config)


def preview_program(
    installed: Installed, directory: Path, cwd: Path, **config: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Do the same with the program in any directory."""
    settings = {key.replace("__", ":"): value for key, value in config.items()}
    run = installed.run(installed.python, "-c", PREVIEW, str(directory), json.dumps(settings), cwd=cwd)
    assert run.returncode == 0, run.stdout + run.stderr
    shown = json.loads(run.stdout.splitlines()[-1])
    return shown["outputs"], {each["name"]: each for each in shown["resources"]}


def test_every_example_is_previewed() -> None:
    programs = {path.parent.name for path in (CHECKOUT / "examples").glob("*/Pulumi.yaml")}
    assert programs == {"own-cluster", "one-environment", "existing-program", "from-yaml"}


def test_own_cluster(installed: Installed, tmp_path: Path) -> None:
    with_aws = install(installed.wheel, tmp_path / "venv")
    with_aws.link("pulumi_aws", "parver")
    _, resources = preview(with_aws, "own-cluster", tmp_path, **{"own-cluster__subnets": '["subnet-0a", "subnet-0b"]'})
    # Nothing of the cluster is known yet, and what will be placed there is shown.
    service = resources["eks-a/team/chat-service"]
    assert service["inputs"]["spec"]["replicas"] == 2
    assert "Unknown" in resources["eks-a-provider"]["inputs"]["kubeconfig"]
    assert resources["slices"]["inputs"]["scalingConfig"]["desiredSize"] == 2


def test_one_environment(installed: Installed, tmp_path: Path) -> None:
    outputs, resources = preview(installed, "one-environment", tmp_path, slicewise__kubeconfigSource="none")
    (placement,) = outputs["placements"].values()
    assert (placement["deployment"]["name"], placement["nodePool"], placement["units"]) == ("chat", "slices", 2)
    (pool,) = outputs["nodePools"].values()
    assert pool["units"] == 16
    assert resources["mig-a/team/chat-service"]["provider"] == "mig-a-provider"


def test_existing_program(installed: Installed, tmp_path: Path) -> None:
    outputs, resources = preview(
        installed,
        "existing-program",
        tmp_path,
        **{"slicewise__kubeconfigSource": "none", "existing-program__protect": "true"},
    )
    (endpoint,) = outputs["endpoints"].values()
    (fleet,) = [each for each in resources.values() if each["resource_type"] == FLEET]
    # Protection reaches everything in the fleet; what stands beside it keeps its own.
    service = resources["platform/team/chat-service"]
    assert fleet["protected"]
    assert service["protected"]
    assert resources["gpus"]["provider"] == "platform-cluster"
    assert service["provider"] == "platform-provider"
    # What takes an output of the fleet waits for what the fleet applies.
    assert "platform/team/chat-service" in resources["endpoints"]["dependencies"]
    assert endpoint["environment"] == "platform"


def test_a_new_project_is_previewed(installed: Installed, tmp_path: Path) -> None:
    project = tmp_path / "models"
    assert installed.run(installed.command, "init", str(project), cwd=tmp_path).returncode == 0
    config = yaml.safe_load((project / "stacks/Pulumi.dev.yaml").read_text())["config"]
    named = {key.replace(":", "__"): value for key, value in config.items()}
    outputs, resources = preview_program(
        installed, project, project, **named, slicewise__manifests=json.dumps(["stacks/dev"])
    )
    (placement,) = outputs["placements"].values()
    assert (placement["environment"], placement["units"]) == ("mig-a", 2)
    assert resources["mig-a/models/chat-service"]["inputs"]["spec"]["replicas"] == 2
