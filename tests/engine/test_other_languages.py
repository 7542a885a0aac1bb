"""Fleet for programs in other languages: the package's provider, asked by the real engine."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lightkube import Client

from embedded.control_plane import ControlPlane
from embedded.program import CHECKOUT, Program
from slicewise import __version__
from tests.engine.workspace import STACK, Operation, Workspace, services
from tests.package.installed import Installed, build, install

pytestmark = pytest.mark.long

# What an SDK that `pulumi package add` makes does, in the language that is at hand: the component is made elsewhere.
# Its kubeconfig is a secret, and known only when the resource before it is there.
CONSUMER = """
import json
from pathlib import Path
import pulumi
from pulumi_kubernetes import Provider
from pulumi_kubernetes.core.v1 import ConfigMap

class Fleet(pulumi.ComponentResource):
    def __init__(self, name, arguments):
        outputs = {"placements": None, "endpoints": None}
        super().__init__("slicewise:index:Fleet", name, arguments | outputs, None, True)

text = pulumi.Config().require_secret("kubeconfig")
# The provider may miss the event of a deletion, and waits ten minutes for it by default (pulumi-kubernetes #3317).
soon = pulumi.CustomTimeouts(delete="20s")
here = pulumi.ResourceOptions(provider=Provider("management", kubeconfig=text), custom_timeouts=soon)
cluster = ConfigMap("cluster", metadata={"name": "of-consumer", "namespace": "default"}, opts=here)
kubeconfig = pulumi.Output.all(cluster.id, text).apply(lambda known: known[1])
arguments = json.loads(Path("arguments.json").read_text())
fleet = Fleet("models", {**arguments, "kubeconfigs": {"mig-a": kubeconfig}})
pulumi.export("endpoints", fleet.endpoints)
"""
ENVIRONMENT = {
    "metadata": {"name": "mig-a"},
    "spec": {
        "cluster": {"source": "Existing", "existing": {"secretRef": {"name": "mig-a"}}},
        "nodePools": [
            {
                "name": "slices",
                "nodeSelector": {"pool": "slices"},
                "acceleratorType": "nvidia-h100-80gb",
                "acceleratorCount": 8,
                "nodeCount": 1,
                "capabilities": {
                    "memoryPerGpu": "39Gi",
                    "migConfiguration": {"enabled": True, "profile": "3g.40gb", "strategy": "mixed"},
                },
            }
        ],
    },
}
MODEL = {
    "metadata": {"name": "gemma"},
    "spec": {
        "model": {"name": "acme/gemma"},
        "source": "HuggingFace",
        "huggingFace": {"repo": "acme/gemma"},
        "serving": [{"name": "slice", "replicaTopology": {"requires": {"memoryPerGpu": "30Gi", "mig": "only"}}}],
    },
}
DEPLOYMENT = {
    "metadata": {"name": "chat", "namespace": "team"},
    "spec": {
        "modelRef": {"name": "gemma"},
        "environments": 1,
        "scaling": {"signal": "Fixed", "fixed": {"replicas": 2}},
    },
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, with the executable beside it that the engine looks for."""
    directory = tmp_path_factory.mktemp("package")
    made = install(build(directory), directory / "venv")
    plugin = made.directory / "bin" / "pulumi-resource-slicewise"
    plugin.write_text(f'#!/bin/sh\nexec {made.python} -m slicewise_pulumi.plugin "$@"\n')
    plugin.chmod(0o755)
    return made


@pytest.fixture(scope="module")
def yaml_host() -> Path:
    """Where Pulumi's host of programs in YAML is; `make toolchain` builds it."""
    command = [sys.executable, str(CHECKOUT / "toolchain/build.py"), "where-yaml"]
    directory = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    assert (directory / "pulumi-language-yaml").exists(), "run `make toolchain`"
    return directory


@pytest.fixture
def consumer(tmp_path: Path, installed: Installed, plane: ControlPlane) -> Workspace:
    """A program of somebody else's: it has nothing of Slicewise but the provider."""
    for name in ("state", "stacks"):
        (tmp_path / name).mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: consumer\nruntime: python\nstackConfigDir: stacks\n")
    (tmp_path / "__main__.py").write_text(CONSUMER)
    pass_on(tmp_path, ENVIRONMENT)
    program = Program.at(tmp_path, STACK)
    path = f"{installed.directory / 'bin'}:{program.environment['PATH']}"
    found = Workspace(dataclasses.replace(program, environment=program.environment | {"PATH": path}))
    found.pulumi("stack", "init", STACK, "--secrets-provider", "passphrase")
    found.pulumi("config", "set", "--secret", "kubeconfig", "--stack", STACK, stdin=plane.kubeconfig)
    found.configure(verify="false")
    return found


def pass_on(directory: Path, environment: object) -> None:
    arguments = {"environments": [environment], "models": [MODEL], "deployments": [DEPLOYMENT]}
    (directory / "arguments.json").write_text(json.dumps(arguments | {"createNamespaces": True}))


def test_the_engine_takes_the_schema(consumer: Workspace, installed: Installed) -> None:
    executable = installed.directory / "bin" / "pulumi-resource-slicewise"
    served = consumer.pulumi("package", "get-schema", str(executable)).stdout
    schema = json.loads(served)
    assert (schema["name"], schema["version"]) == ("slicewise", __version__)
    assert schema["resources"]["slicewise:index:Fleet"]["isComponent"]
    (consumer.directory / "schema.json").write_text(served)
    assert "rror" not in consumer.pulumi("schema", "check", "schema.json").stdout


def test_a_fleet_is_made_for_another_program(consumer: Workspace, cluster: Client) -> None:
    # The kubeconfig is not known yet, and what will be placed is shown.
    shown = consumer.preview()
    assert {"mig-a/team/chat-service", "models", "mig-a"} <= set(shown.changes())

    made = consumer.up()

    (endpoint,) = made.outputs["endpoints"].values()
    assert endpoint["environment"] == "mig-a"
    assert services(cluster) == ["chat"]
    # The same again: the plan is read back from the component's own state.
    consumer.pulumi("preview", "--expect-no-changes", "--stack", STACK)

    consumer.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK)
    assert services(cluster) == []
    assert json.loads(consumer.export())["deployment"].get("resources", []) == []


def test_a_program_in_yaml(consumer: Workspace, yaml_host: Path) -> None:
    shutil.copy(CHECKOUT / "examples/from-yaml/Pulumi.yaml", consumer.directory)
    environment = consumer.environment | {"PATH": f"{yaml_host}:{consumer.environment['PATH']}"}
    program = Workspace(dataclasses.replace(consumer.program, environment=environment))
    program.pulumi("stack", "init", "yaml", "--secrets-provider", "passphrase")
    shown = Operation.read(program.pulumi("preview", "--json", "--stack", "yaml").stdout)
    (placement,) = shown.outputs["placements"].values()
    assert (placement["environment"], placement["resource"]) == ("mig-a", "nvidia.com/mig-3g.40gb")
    assert "mig-a/team/chat-service" in shown.changes()


def test_what_is_wrong_is_said_in_the_same_words(consumer: Workspace) -> None:
    pool = {**ENVIRONMENT["spec"]["nodePools"][0], "nodeCount": -1}  # type: ignore[index]
    pass_on(consumer.directory, {**ENVIRONMENT, "spec": {**ENVIRONMENT["spec"], "nodePools": [pool]}})  # type: ignore[dict-item]
    run = consumer.pulumi("preview", "--stack", STACK, fails=True)
    assert "environments[mig-a]: spec.nodePools[0].nodeCount: " in run.stdout + run.stderr
