"""An admission webhook that changes services: said in each run with its fields, and never called put back."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lightkube import Client
from lightkube.types import PatchType

from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from tests.documents import deployment, environment, model, profile, slices
from tests.engine.mutating import Change, changing
from tests.engine.workspace import Operation, Workspace

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
POOLS = environment("mig-a", slices("slices", "3g.40gb"))
CHAT = deployment("chat", "tiny", replicas=3)
SPOT = {"key": "spot", "operator": "Exists"}


def the_same_each_time(service: dict[str, Any]) -> None:
    """Add a label, a toleration, a variable and a container, and have two replicas of less memory."""
    service["metadata"].setdefault("labels", {})["cost-centre"] = "4711"
    service["spec"]["replicas"] = 2
    template = service["spec"]["template"]
    if SPOT not in template["tolerations"]:
        template["tolerations"].append(SPOT)
    main, *others = template["containers"]
    main["resources"]["limits"]["memory"] = "8Gi"
    main["env"] = [{"name": "PROXY", "value": "http://proxy"}]
    if not others:
        template["containers"].append({"name": "proxy", "image": "proxy:1"})


def another_each_time() -> Change:
    """Have another number of replicas in every request: the generation tells nothing."""
    numbers = itertools.cycle((2, 5))

    def change(service: dict[str, Any]) -> None:
        service["spec"]["replicas"] = next(numbers)

    return change


def on_chat(change: Change) -> Change:
    return lambda service: change(service) if service["metadata"]["name"] == "chat" else None


def annotations_of(client: Client) -> dict[str, str]:
    found = client.get(LLMInferenceService, "chat", namespace="team").metadata
    assert found
    return found.annotations or {}


def warnings(operation: Operation) -> list[str]:
    return [message for message in operation.messages if "SW35" in message]


@pytest.mark.long
@pytest.mark.parametrize(
    ("change", "fields"),
    [
        (
            the_same_each_time,
            "spec.replicas, spec.template.containers[main].resources.limits.memory, spec.template.tolerations",
        ),
        (another_each_time(), "spec.replicas"),
    ],
)
def test_what_it_changes_is_said_and_not_called_put_back(
    stack: Workspace, cluster: Client, plane: ControlPlane, change: Change, fields: str, tmp_path: Path
) -> None:
    stack.write(POOLS, TINY, CHAT)
    with changing(cluster, tmp_path, on_chat(change)):
        assert warnings(stack.up()) == []
        # Whoever else has written something in it: an entry that server-side apply leaves alone.
        more = [{"op": "add", "path": "/spec/storageInitializer", "value": {"enabled": True}}]
        cluster.patch(LLMInferenceService, "chat", more, namespace="team", patch_type=PatchType.JSON)
        for run in (stack.preview, stack.up, stack.preview):
            operation = run()
            assert operation.changes() == {}
            (said,) = warnings(operation)
            assert said.rstrip().endswith("[SW358]")
            assert "spec.replicas is " in said
            assert f"applying it again does not change {fields}: an admission webhook" in said
            assert "puts" not in said
            assert "slicewise.dev/restored" not in annotations_of(cluster)
        found = verified(stack, plane, tmp_path)
        assert [each["code"] for each in found] == ["SW624"]
        assert "if it is so again after that, an admission webhook changes it when it is applied" in found[0]["remedy"]

    for run in (stack.preview, stack.up):
        operation = run()
        assert operation.changes() == {"mig-a/team/chat-service": "update"}
        (said,) = warnings(operation)
        assert "`pulumi up` puts it back" in said
    assert cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]["replicas"] == 3
    last = stack.up()
    assert (last.changes(), warnings(last)) == ({}, [])


@pytest.mark.long
def test_documents_that_change_reach_the_cluster_past_it(stack: Workspace, cluster: Client, tmp_path: Path) -> None:
    stack.write(POOLS, TINY, CHAT)
    with changing(cluster, tmp_path, on_chat(the_same_each_time)):
        stack.up()
        assert stack.preview().changes() == {}
        # It makes 2 of 4, too: there is nothing to apply.
        fast = {**profile("any", memoryPerGpu="30Gi", mig="only"), "engine": {"args": ["--max-num-seqs=8"]}}
        stack.write(POOLS, TINY, deployment("chat", "tiny", replicas=4))
        assert stack.up().changes() == {}
        stack.write(POOLS, model("tiny", fast), deployment("chat", "tiny", replicas=4))
        assert stack.up().changes() == {"mig-a/team/chat-service": "update"}
        assert stack.preview().changes() == {}
        assert cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]["replicas"] == 2
    stack.up()
    spec = cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]
    assert spec["replicas"] == 4
    assert SPOT not in spec["template"]["tolerations"]
    assert stack.preview().changes() == {}


@pytest.mark.long
def test_what_it_adds_each_time_is_not_said_to_go_by_a_command_alone(
    stack: Workspace, cluster: Client, plane: ControlPlane, tmp_path: Path
) -> None:
    def change(service: dict[str, Any]) -> None:
        service["spec"]["template"]["nodeSelector"]["disk"] = "ssd"

    stack.write(POOLS, TINY, CHAT)
    with changing(cluster, tmp_path, on_chat(change)):
        stack.up()
        operation = stack.preview()
        assert operation.changes() == {}
        (said,) = warnings(operation)
        (found,) = verified(stack, plane, tmp_path)
    assert 'spec.template.nodeSelector.disk is "ssd", nothing applied; ' in said
    for text in (said, found["remedy"]):
        assert "if an admission webhook adds it (kubectl get mutatingwebhookconfigurations), correct that one" in text
        assert "first; take it away: kubectl -n team patch" in text


def verified(stack: Workspace, plane: ControlPlane, directory: Path) -> list[dict[str, Any]]:
    """Return what `verify` finds of the services, with the stack's plan."""
    (directory / "kubeconfig").write_text(plane.kubeconfig)
    (directory / "plan.json").write_text(json.dumps(stack.outputs()))
    options = ["--kubeconfig", str(directory / "kubeconfig"), "--previous", str(directory / "plan.json")]
    command = [sys.executable, "-m", "slicewise", "verify", str(stack.manifests), *options, "--output", "json"]
    run = subprocess.run(command, cwd=stack.directory, capture_output=True, text=True, check=False, timeout=300)
    found: list[dict[str, Any]] = json.loads(run.stdout)["findings"]
    return [each for each in found if each["code"].startswith("SW62")]
