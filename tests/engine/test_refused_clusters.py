"""Clusters that would let `up` fail in the middle are refused by `preview`, before a provider is started."""

from __future__ import annotations

import os

import pytest
import yaml
from lightkube import Client

from embedded.control_plane import ControlPlane
from tests.documents import deployment, environment, model, profile, slices
from tests.engine.credentials import account_token, kubeconfig_of
from tests.engine.workspace import Workspace
from tests.processes import wait_ended
from tests.unit.clusters.access.tls_server import Answer, server

FLEET = (
    environment("mig-a", slices("slices", "3g.40gb")),
    model("tiny", profile("any", memoryPerGpu="30Gi", mig="only")),
    deployment("chat", "tiny"),
)


def refused(stack: Workspace, kubeconfig: str) -> str:
    """Return what a preview says that must fail before any provider of a cluster is there."""
    stack.set_config('kubeconfigs["mig-a"]', kubeconfig, secret=True)
    stack.write(*FLEET)
    run = stack.pulumi("preview", "--stack", "test", fails=True)
    said = run.stdout + run.stderr
    assert "environment mig-a: " in said
    assert "Traceback" not in said
    assert "pulumi:providers:kubernetes" not in said
    return said


@pytest.mark.long
def test_a_user_without_rights(workspace: Workspace, cluster: Client, plane: ControlPlane) -> None:
    kubeconfig = kubeconfig_of(plane, token=account_token(cluster, "without-rights", admin=False))
    said = refused(workspace, kubeconfig)
    assert "create, delete, get, list, patch, watch llminferenceservices.serving.kserve.io in namespace team" in said
    assert "[SW413]" in said


@pytest.mark.long
def test_a_web_server_in_place_of_kubernetes(workspace: Workspace) -> None:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {"token": "canary"}}],
    }
    with server(Answer(200, b"<html>It works</html>", "text/html")) as asked:
        config["clusters"] = [{"name": "c", "cluster": {"server": asked.url}}]
        said = refused(workspace, yaml.safe_dump(config))
    assert "what answers is not a Kubernetes API server" in said
    assert "[SW409]" in said


@pytest.mark.long
@pytest.mark.real_start
def test_a_plugin_that_waits_is_ended_with_all_that_it_started(workspace: Workspace, plane: ControlPlane) -> None:
    config = yaml.safe_load(plane.kubeconfig)
    mark = f"slicewise-plugin-that-waits-{os.getpid()}"
    script = f"sleep 1000 {mark} 2>/dev/null || sh -c 'sleep 1000; :' {mark}"
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script, mark]}
    config["users"][0]["user"] = {"exec": {**plugin, "interactiveMode": "Never"}}
    said = refused(workspace, yaml.safe_dump(config))
    assert "its credential plugin sh did not answer in 25 s (does it wait for a login?); log in first" in said
    assert "[SW410]" in said
    wait_ended(mark)
