"""A route that comes to a deployment that already runs: in place, beside its address inside the cluster."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lightkube.resources.core_v1 import Service

from embedded.cluster import EmbeddedCluster
from embedded.kserve_kinds import LLMInferenceService
from tests.cluster.workloads import Workloads
from tests.documents import deployment
from tests.engine.workspace import Workspace
from tests.gateway.asking import wait_for_pods
from tests.gateway.routes import are_settled
from tests.gateway.test_requests import MODEL, place

pytestmark = pytest.mark.xdist_group("gateway")

NAMESPACE = "added"
CHANGED = {f"mig-a/{NAMESPACE}/chat-service": "update"}


def chat(**router: object) -> dict[str, Any]:
    return deployment("chat", "tiny", namespace=NAMESPACE, router=router)


def identities(workloads: Workloads) -> tuple[str | None, str | None, list[int]]:
    """Return what tells the service and the Service before its pods from others of their names, and its ports."""
    service = workloads.client.get(LLMInferenceService, "chat", namespace=NAMESPACE)
    inside = workloads.client.get(Service, "chat-kserve-workload-svc", namespace=NAMESPACE)
    assert service.metadata
    assert inside.metadata
    assert inside.spec
    return service.metadata.uid, inside.metadata.uid, [each.port for each in inside.spec.ports or []]


def said_of_routes(directory: Path, kubeconfig: Path) -> list[str]:
    """Return the codes of what `verify` says of Gateways and routes."""
    command = [sys.executable, "-m", "slicewise", "verify", str(directory), "--kubeconfig", f"mig-a={kubeconfig}"]
    run = subprocess.run([*command, "--output", "json"], capture_output=True, text=True, check=False)
    report = json.loads(run.stdout)
    assert report["unread"] == []
    return [
        each["code"] for each in report["findings"] if each["code"] in ("SW363", "SW632", "SW633", "SW634", "SW635")
    ]


def test_a_route_comes_and_goes_in_place(routed: EmbeddedCluster, workspace: Workspace, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(routed.plane.kubeconfig, encoding="utf-8")
    with Workloads.in_namespace(routed.plane, NAMESPACE) as workloads:
        workspace.set_config('kubeconfigs["mig-a"]', routed.plane.kubeconfig, secret=True)
        here = place(workloads)
        without = {**here, "spec": {key: value for key, value in here["spec"].items() if key != "gateway"}}
        workspace.write(without, MODEL, chat())
        workspace.up()
        pods = workloads.wait_running(1)
        before = identities(workloads)
        assert before[2] == [8000]

        # The environment gets a gateway, and with it every deployment there.
        workspace.write(here, MODEL, chat())
        assert workspace.up().changes() == CHANGED
        gateway = here["spec"]["gateway"]
        wait_for_pods(workloads, f"http://{gateway['hostname']}:{gateway['port']}/{NAMESPACE}/chat", "tiny")
        assert (identities(workloads), workloads.pods()) == (before, pods)
        assert said_of_routes(workspace.manifests, kubeconfig) == []

        workspace.write(here, MODEL, chat(group="chat", weight=1))
        assert workspace.up().changes() == CHANGED
        workloads.wait("settled routes", lambda: are_settled(workloads.client, NAMESPACE, {"chat": 1}))
        assert (identities(workloads), workloads.pods()) == (before, pods)

        # KServe removes its route, and verify asks for none.
        workspace.write(here, MODEL, chat(enabled=False))
        assert workspace.up().changes() == CHANGED
        assert (identities(workloads), workloads.pods()) == (before, pods)
        assert said_of_routes(workspace.manifests, kubeconfig) == []
