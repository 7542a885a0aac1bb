"""Commands of kubectl that messages and pages print do what they are printed for, sent as kubectl sends them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import httpx2
import pytest
from lightkube import Client
from lightkube.resources.admissionregistration_v1 import (
    MutatingWebhookConfiguration,
    ValidatingWebhookConfiguration,
)
from lightkube.types import PatchType

from embedded.api_client import connect
from embedded.certificates import write_certificate
from embedded.control_plane import ControlPlane
from embedded.deadlines import wait_until
from embedded.kserve_controller import install_kserve_webhooks
from embedded.kserve_kinds import GROUP, VERSION, LLMInferenceService
from embedded.ports import free_ports
from embedded.webhooks import WebhookServer
from tests.documents import deployment, environment, model, profile, slices
from tests.engine.workspace import Workspace, services

TROUBLESHOOTING = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
POOLS = environment("mig-a", slices("slices", "3g.40gb"))
CHAT = deployment("chat", "tiny", replicas=3)
# What kubectl sends `--type` as (https://kubernetes.io/docs/reference/kubectl/generated/kubectl_patch/).
TYPES = {"json": "application/json-patch+json", "merge": "application/merge-patch+json"}


def run_patch(plane: ControlPlane, command: str) -> httpx2.Response:
    """Send what `kubectl patch` with these arguments sends: to the version that the API server prefers."""
    kubectl, space, namespace, verb, resource, name, kind, option, patch = shlex.split(command)
    assert (kubectl, space, verb, option) == ("kubectl", "-n", "patch", "-p")
    singular, _, group = resource.partition(".")
    plural = f"{singular.removesuffix('s')}s"
    assert group in (GROUP, "")
    with connect(plane) as client:
        http: httpx2.Client = client._client._client  # noqa: SLF001 - lightkube has no such request
        version = http.get(f"/apis/{GROUP}").json()["preferredVersion"]["groupVersion"]
        return http.patch(
            f"/apis/{version}/namespaces/{namespace}/{plural}/{name}",
            content=patch,
            headers={"Content-Type": TYPES[kind.removeprefix("--type=")]},
        )


@pytest.mark.long
def test_the_command_that_is_printed_takes_away_what_was_added(
    stack: Workspace, cluster: Client, plane: ControlPlane
) -> None:
    stack.write(POOLS, TINY, CHAT)
    stack.up()
    template = cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]["template"]
    selector = {"nodeSelector": {"example.com/disk": "it's ~fast", "zone": "a"}}
    affinity = {"affinity": {"podAffinity": {}}, "schedulerName": "volcano"}
    for path, more in (("nodeSelector", selector), ("affinity", affinity)):
        patch = {"spec": {"template": more}}
        cluster.patch(LLMInferenceService, "chat", patch, namespace="team", patch_type=PatchType.MERGE)
        assert path in cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]["template"]
    added = [{"op": "add", "path": "/spec/template/containers/0/resources/limits/example.com~1nic", "value": "1"}]
    cluster.patch(LLMInferenceService, "chat", added, namespace="team", patch_type=PatchType.JSON)

    preview = stack.preview()
    # Nothing of it goes by being applied.
    assert preview.changes() == {}
    (said,) = (message for message in preview.messages if "SW352" in message)
    command = re.search(r"take it away: (kubectl .*) \[SW352\]", said)
    assert command, said
    assert said.count("nothing applied (by embedded)") == 3
    assert "webhook" not in said
    answer = run_patch(plane, command[1])
    assert answer.status_code == 200, answer.text
    assert len(json.loads(shlex.split(command[1])[-1])) == 5

    assert cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]["template"] == template
    for run in (stack.preview, stack.up):
        operation = run()
        assert (operation.changes(), [each for each in operation.messages if "SW35" in each]) == ({}, [])


@pytest.mark.long
def test_a_service_is_let_go_when_kserve_is_gone_for_good(cluster: Client, plane: ControlPlane, tmp_path: Path) -> None:
    """KServe's webhooks, without a server behind them, refuse the patch that takes the finalizer off."""
    section = TROUBLESHOOTING.read_text(encoding="utf-8").partition("finalizers might be preventing")[2]
    delete, patch = re.findall(r"^kubectl .*(?:delete|patch) .*$", section.partition("\n## ")[0], re.MULTILINE)
    held = {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "LLMInferenceService",
        "metadata": {"name": "held", "namespace": "team", "finalizers": ["serving.kserve.io/llmisvc-finalizer"]},
        "spec": {"model": {"uri": "hf://a/b"}},
    }
    cluster.patch(LLMInferenceService, "held", held, namespace="team", patch_type=PatchType.APPLY)
    cluster.delete(LLMInferenceService, "held", namespace="team")
    assert services(cluster) == ["held"]
    (port,) = free_ports(1)
    install_kserve_webhooks(cluster, WebhookServer(port, write_certificate(tmp_path / "gone")))
    command = patch.replace("NAMESPACE", "team").replace("NAME", "held")
    try:
        wait_until("it is refused", lambda: run_patch(plane, command).status_code == 500, seconds=300)
        assert "failed calling webhook" in run_patch(plane, command).json()["message"]
    finally:
        kubectl, verb, kinds, name, option = shlex.split(delete)
        assert (kubectl, verb, option) == ("kubectl", "delete", "--ignore-not-found")
        assert kinds == "mutatingwebhookconfigurations,validatingwebhookconfigurations"
        for kind in (MutatingWebhookConfiguration, ValidatingWebhookConfiguration):
            cluster.delete(kind, name)
        cluster.delete(ValidatingWebhookConfiguration, "llminferenceserviceconfig.serving.kserve.io")
    wait_until("it is let go", lambda: run_patch(plane, command).status_code in (200, 404), seconds=300)
    assert services(cluster) == []
