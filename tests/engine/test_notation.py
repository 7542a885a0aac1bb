"""Rewriting the documents of a stack that is there changes nothing: the real engine, on a real API server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService, LLMInferenceServiceConfig
from tests.documents import deployment, environment, model, pool, profile, slices
from tests.engine.workspace import STACK, Workspace
from tests.unit.manifests.notation import rewritten

TAINTS = [{"key": "team", "value": "a", "effect": "NoSchedule"}, {"key": "batch", "operator": "Exists"}]
DOCUMENTS = [
    environment(
        "mig-a",
        slices("cut", "3g.40gb", memoryPerGpu="39Gi", tolerations=TAINTS, nodeSelector={"pool": "cut", "zone": "b"}),
        pool("whole", nodeCount=2, multiNodeCapable=True),
    ),
    model("small", profile("any", memoryPerGpu="30Gi", mig="only"), memory="16384Mi"),
    model("huge", profile("two-nodes", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi"), cpu="4"),
    deployment("chat", "small", replicas=3),
    deployment("huge", "huge"),
]


@pytest.fixture
def stack(workspace: Workspace, plane: ControlPlane) -> Iterator[Workspace]:
    """A stack with the documents applied; nothing of it is left behind."""
    client: Client
    with connect(plane) as client:
        client.apply(Namespace(metadata=ObjectMeta(name="team")))
        workspace.set_config('kubeconfigs["mig-a"]', plane.kubeconfig, secret=True)
        workspace.write(*DOCUMENTS)
        workspace.up()
        yield workspace
        for kind in (LLMInferenceService, LLMInferenceServiceConfig):
            client.deletecollection(kind, namespace="team")


def test_another_notation_is_no_change(stack: Workspace) -> None:
    for seed in (1, 2):
        for file in stack.manifests.glob("*.yaml"):
            file.unlink()
        texts = rewritten(DOCUMENTS, seed)
        assert texts != [yaml.safe_dump_all(DOCUMENTS)]
        for number, text in enumerate(texts):
            (stack.manifests / f"{number}.yaml").write_text(text, encoding="utf-8")
        preview = stack.pulumi("preview", "--expect-no-changes", "--json", "--stack", STACK)
        assert '"update"' not in preview.stdout
