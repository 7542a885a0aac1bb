"""A stack of before there was a Fleet: its components are at the top, and nothing that runs may be touched."""

from __future__ import annotations

import json
import re

from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta

from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from tests.documents import deployment, environment, model, pool, profile, slices
from tests.engine.workspace import Workspace

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
HUGE = model("huge", profile("two-nodes", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi"))
POOLS = (slices("slices", "3g.40gb"), pool("whole", nodeCount=2, multiNodeCapable=True))
DEPLOYMENTS = (TINY, HUGE, deployment("chat", "tiny", replicas=3), deployment("big", "huge"))

_FLEET = "slicewise:index:Fleet"
_ENVIRONMENT = "slicewise:index:InferenceEnvironment"
_PLACEMENT = "slicewise:index:ModelPlacement"


def as_before(state: str) -> str:
    """Return a state with every component at the top, as programs without a Fleet have written it."""
    text = state.replace(f"{_FLEET}${_ENVIRONMENT}${_PLACEMENT}", _PLACEMENT).replace(
        f"{_FLEET}${_ENVIRONMENT}", _ENVIRONMENT
    )
    read = json.loads(text)
    resources = [each for each in read["deployment"]["resources"] if each["type"] != _FLEET]
    (top,) = (each["urn"] for each in resources if each["type"] == "pulumi:pulumi:Stack")
    for each in resources:
        if each["type"] in (_ENVIRONMENT, _PLACEMENT):
            each["parent"] = top
    read["deployment"]["resources"] = resources
    return json.dumps(read)


def test_what_runs_stays_when_the_stack_gets_its_fleet(stack: Workspace, cluster: Client) -> None:
    stack.set_config("createNamespaces", "true")
    stack.write(environment("mig-a", *POOLS), *DEPLOYMENTS)
    stack.up()
    before = as_before(stack.export())
    assert not re.search(rf"{re.escape(_FLEET)}|{_ENVIRONMENT}\${_PLACEMENT}", before)
    stack.pulumi("stack", "import", "--force", "--stack", "test", stdin=before)
    generations = {
        each.metadata.name: each.metadata.generation
        for each in cluster.list(LLMInferenceService, namespace="team")
        if each.metadata
    }

    # The one new resource is the component that has the others; it is nowhere but in the state.
    assert stack.preview().changes() == {"fleet": "create"}
    assert stack.up().changes() == {"fleet": "create"}
    stack.pulumi("preview", "--expect-no-changes", "--stack", "test")
    assert stack.up().changes() == {}

    now = {
        each.metadata.name: each.metadata.generation
        for each in cluster.list(LLMInferenceService, namespace="team")
        if each.metadata
    }
    assert now == generations == {"chat": 1, "big-n2": 1}


def test_an_environment_is_renamed_in_the_update_that_makes_the_fleet(
    stack: Workspace, cluster: Client, plane: ControlPlane
) -> None:
    stack.write(environment("mig-a", *POOLS), TINY, deployment("chat", "tiny", replicas=3))
    stack.up()
    stack.pulumi("stack", "import", "--force", "--stack", "test", stdin=as_before(stack.export()))
    uid = (cluster.get(LLMInferenceService, "chat", namespace="team").metadata or ObjectMeta()).uid

    stack.set_config('kubeconfigs["mig-b"]', plane.kubeconfig, secret=True)
    stack.write(environment("mig-b", *POOLS), TINY, deployment("chat", "tiny", replicas=3))
    # Its annotation has the environment's name: the service is updated, and is the same one.
    assert set(stack.up().changes().values()) <= {"create", "update"}
    after = cluster.get(LLMInferenceService, "chat", namespace="team").metadata or ObjectMeta()
    assert after.uid == uid
    assert stack.up().changes() == {}
