"""Wrong input through the real engine: one line a mistake, no traceback, nothing declared."""

from __future__ import annotations

import re
import shlex
import socket
import subprocess

import pytest
import yaml

from tests.documents import deployment, environment, model, profile, slices
from tests.engine.workspace import Workspace

FLEET = (
    environment("mig-a", slices("small", "3g.40gb")),
    model("tiny", profile("any", memoryPerGpu="30Gi")),
    deployment("chat", "tiny"),
)
CANARY = "canary-4f1c9d-token"


def kubeconfig(server: str) -> str:
    """Return a kubeconfig with a token that must show up nowhere."""
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "one", "user": "me"}}],
            "clusters": [{"name": "one", "cluster": {"server": server}}],
            "users": [{"name": "me", "user": {"token": CANARY}}],
        }
    )


def refused(workspace: Workspace, command: str = "preview") -> str:
    """Run a command that must fail cleanly, and return everything it printed."""
    arguments = [command, "--stack", "test", *(["--yes", "--skip-preview"] if command == "up" else [])]
    run = workspace.pulumi(*arguments, fails=True)
    shown = run.stdout + run.stderr
    assert "Traceback" not in shown
    # StackReference and the stack itself are all that the engine may have seen.
    assert "LLMInferenceService" not in shown
    assert "pulumi:providers:kubernetes" not in shown
    assert CANARY not in shown
    return shown


def test_missing_manifests(workspace: Workspace) -> None:
    workspace.set_config("manifests", "stacks/nowhere")

    assert (
        "stacks/Pulumi.test.yaml: slicewise:manifests: there is no file or directory stacks/nowhere, seen from the "
        "directory of Pulumi.yaml; run: pulumi config set slicewise:manifests DIRECTORY [SW101]"
    ) in refused(workspace)


def test_empty_directory(workspace: Workspace) -> None:
    assert "stacks/test: the directory holds no *.yaml or *.yml file" in refused(workspace)


def test_every_mistake_of_every_file_at_its_line(workspace: Workspace) -> None:
    (workspace.manifests / "a.yaml").write_text("apiVersion: modelplane.ai/v1alpha1\nkind: InferenceEnviroment\n")
    (workspace.manifests / "b.yaml").write_text(
        yaml.safe_dump_all([deployment("chat", "tinny"), model("tiny", profile("any", gpus=2))], sort_keys=False)
    )

    shown = refused(workspace)

    assert re.search(r'stacks/test/a\.yaml:2:7: kind: .*did you mean "InferenceEnvironment"\?.*\[SW108\]', shown)
    assert re.search(r'stacks/test/b\.yaml:8:11: spec\.modelRef\.name: .*no ClusterModel "tinny".*\[SW212\]', shown)
    assert re.search(r"stacks/test/b\.yaml:\d+:\d+: spec\.serving\[0\]\.replicaTopology\.gpus: .*\[SW201\]", shown)


def test_wrong_stack_configuration(workspace: Workspace) -> None:
    workspace.write(*FLEET)
    workspace.set_config("onShortfall", "ignore")
    workspace.set_config("createNamespaces", "yes")

    shown = refused(workspace)

    assert 'stacks/Pulumi.test.yaml: slicewise:onShortfall: got "ignore", expected fail or warn [SW401]' in shown
    assert 'slicewise:createNamespaces: got "yes", expected true or false [SW401]' in shown


def test_kubeconfig_not_configured_names_the_command_that_configures_it(workspace: Workspace) -> None:
    workspace.write(*FLEET)

    shown = refused(workspace)

    assert "environment mig-a: the stack has no kubeconfig of this name; run: pulumi config set --secret" in shown
    found = re.search(r"run: (pulumi config set .*) < KUBECONFIG-FILE \[SW402\]", shown)
    assert found
    # The command as printed, by a shell, as the user would run it.
    file = workspace.directory / "kubeconfig"
    file.write_text(kubeconfig("https://127.0.0.1:1"))
    subprocess.run(
        ["bash", "-c", f"{found[1]} --stack test < {shlex.quote(str(file))}"],  # noqa: S607
        cwd=workspace.directory,
        env=workspace.environment,
        check=True,
    )
    assert CANARY not in (workspace.directory / "stacks/Pulumi.test.yaml").read_text()
    assert "SW402" not in refused(workspace)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{CANARY}: [", "it is not YAML"),
        (f"token: {CANARY}", "it has no `kind: Config`"),
        (f"kind: Config\ntoken: {CANARY}", "it names no current-context"),
    ],
)
def test_kubeconfig_that_is_none(workspace: Workspace, text: str, reason: str) -> None:
    workspace.write(*FLEET)
    workspace.set_config('kubeconfigs["mig-a"]', text, secret=True)

    shown = refused(workspace)

    assert f"environment mig-a: is not a kubeconfig that can be used: {reason}" in shown
    assert "[SW403]" in shown


@pytest.mark.parametrize("command", ["preview", "up"])
def test_server_that_does_not_answer(workspace: Workspace, command: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, but nothing listens
        server = f"https://127.0.0.1:{unused.getsockname()[1]}"
        workspace.write(*FLEET)
        workspace.set_config('kubeconfigs["mig-a"]', kubeconfig(server), secret=True)

        shown = refused(workspace, command)

    assert f"environment mig-a: {server} does not answer" in shown
    assert "[SW404]" in shown


def test_up_without_a_kubeconfig_source(workspace: Workspace) -> None:
    workspace.write(*FLEET)
    workspace.set_config("kubeconfigSource", "none")

    assert '"none" is for previews' in refused(workspace, "up")
