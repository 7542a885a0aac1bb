"""`slicewise endpoints` on a cluster whose Gateway routes: its curl lines work, word for word."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from embedded.cluster import EmbeddedCluster
from embedded.gateway_api import HTTPRoute
from tests.cluster.workloads import Workloads
from tests.documents import deployment
from tests.engine.workspace import Workspace
from tests.gateway.asking import wait_for_pods
from tests.gateway.routes import are_settled
from tests.gateway.test_requests import MODEL, place

pytestmark = pytest.mark.xdist_group("gateway")

NAMESPACE = "endpoints"


def endpoints(directory: Path, kubeconfig: Path) -> dict[str, dict[str, Any]]:
    """Return what the command says with the cluster's kubeconfig, by the deployment's name."""
    command = [sys.executable, "-m", "slicewise", "endpoints", str(directory), "--kubeconfig", f"mig-a={kubeconfig}"]
    run = subprocess.run([*command, "--output", "json"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    return {each["deployment"]["name"]: each for each in json.loads(run.stdout)["endpoints"]}


def answer(curl: str) -> str:
    """Return what the model says to a curl line, as a shell runs it."""
    run = subprocess.run(["/bin/bash", "-c", f"{curl} --silent --fail"], capture_output=True, text=True, check=True)
    return str(json.loads(run.stdout)["choices"][0]["message"]["content"])


def test_the_lines_that_it_prints_call_the_model(routed: EmbeddedCluster, workspace: Workspace, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(routed.plane.kubeconfig, encoding="utf-8")
    with Workloads.in_namespace(routed.plane, NAMESPACE) as workloads:
        workspace.set_config('kubeconfigs["mig-a"]', routed.plane.kubeconfig, secret=True)
        here = place(workloads)
        # The documents do not say how clients reach the Gateway: the services' status does.
        gateway = here["spec"]["gateway"]
        base = f"http://{gateway.pop('hostname')}:{gateway.pop('port')}"
        group = [
            deployment(name, "tiny", namespace=NAMESPACE, router={"group": "chat", "weight": weight})
            for name, weight in (("chat", 1), ("chat-next", 0))
        ]
        workspace.write(here, MODEL, *group)
        workspace.up()
        workloads.wait_running(2)
        workloads.wait("routes", lambda: len([*workloads.client.list(HTTPRoute, namespace=NAMESPACE)]) == len(group))
        workloads.wait("settled routes", lambda: are_settled(workloads.client, NAMESPACE, {"chat": 1, "chat-next": 0}))

        found = endpoints(workspace.manifests, kubeconfig)

        assert {name: (each["state"], each["external"], each["direct"]) for name, each in found.items()} == {
            name: ("ready", f"{base}/publishers/{NAMESPACE}/models/tiny", f"{base}/{NAMESPACE}/{name}")
            for name in ("chat", "chat-next")
        }
        for name, each in found.items():
            wait_for_pods(workloads, each["external"], "tiny", "chat")
            wait_for_pods(workloads, each["direct"], "tiny", name)
        # The shared address follows the weights, whoever's line it is; the other leads to the one of weight 0.
        answers = [answer(each["curl"]) for each in found.values()]
        assert [each.rpartition("pod ")[2].rpartition("-kserve-")[0] for each in answers] == ["chat", "chat"]
        alone = found["chat-next"]
        direct = alone["curl"].replace(alone["external"], alone["direct"])
        assert answer(direct).rpartition("pod ")[2].startswith("chat-next-kserve")
