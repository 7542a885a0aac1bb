"""Component resources of Pulumi's Kubernetes provider, built without its SDK, in a program beside Slicewise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap

from tests.engine.user_program import UserProgram
from tests.engine.workspace import STACK

if TYPE_CHECKING:
    from pathlib import Path

    from lightkube import Client

    from embedded.control_plane import ControlPlane

pytestmark = pytest.mark.long

# A group of objects of the core, of another group, and of a kind that is a custom resource; and a chart.
PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s

provider = k8s.Provider("cluster", kubeconfig=pulumi.Config().require_secret("kubeconfig"))
options = pulumi.ResourceOptions(provider=provider)
meta = {"name": "grouped", "namespace": "default", "annotations": {"pulumi.com/skipAwait": "true"}}
pod = {"metadata": {"labels": {"app": "g"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
k8s.yaml.v2.ConfigGroup(
    "group",
    objs=[
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": "b"}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": meta,
            "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "g"}}, "template": pod},
        },
    ],
    opts=pulumi.ResourceOptions(providers={"kubernetes": provider}),
)
k8s.helm.v4.Chart(
    "chart",
    chart="./chart",
    name="charted",
    namespace="default",
    values={"said": "hello"},
    opts=pulumi.ResourceOptions(providers={"kubernetes": provider}),
)
"""
TEMPLATE = """
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}"}
data: {said: "{{ .Values.said }}"}
"""


def test_groups_of_objects_and_charts(tmp_path: Path, plane: ControlPlane, cluster: Client) -> None:
    program = UserProgram.of(tmp_path, PROGRAM)
    templates = tmp_path / "chart/templates"
    templates.mkdir(parents=True)
    (tmp_path / "chart/Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 0.1.0\n")
    (templates / "said.yaml").write_text(TEMPLATE)
    program.pulumi("config", "set", "--secret", "kubeconfig", "--stack", STACK, stdin=plane.kubeconfig)
    program.up()
    assert cluster.get(ConfigMap, "grouped", namespace="default").data == {"a": "b"}
    assert cluster.get(ConfigMap, "charted", namespace="default").data == {"said": "hello"}
    assert cluster.get(Deployment, "grouped", namespace="default").metadata
    # The tokens are those of the published SDK.
    kinds = {urn.split("::")[2].rpartition("$")[2] for urn in program.resources()}
    assert {"kubernetes:core/v1:ConfigMap", "kubernetes:apps/v1:Deployment"} <= kinds
    program.pulumi("preview", "--expect-no-changes", "--stack", STACK)
    program.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK)
    assert not [
        each
        for each in cluster.list(ConfigMap, namespace="default")
        if each.metadata and each.metadata.name in {"grouped", "charted"}
    ]
