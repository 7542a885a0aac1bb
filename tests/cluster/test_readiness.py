"""`waitForReady` with the real program on the real controllers: every replica of the new revision, workers included."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from lightkube.generic_resource import create_namespaced_resource
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Pod
from lightkube.types import PatchType

from embedded.cluster import EmbeddedCluster
from embedded.custom_resources import install_definitions
from embedded.kserve_kinds import kserve_source
from tests.cluster.workloads import POOL_LABEL, Workloads
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.engine.workspace import STACK, Workspace

pytestmark = pytest.mark.xdist_group("cluster-stacks")

# Twice as many nodes as there are: so the scheduler has the last word, as where somebody else takes slices.
FLEET = environment(
    "here",
    slices("slices", "3g.40gb", nodeSelector={POOL_LABEL: "slices"}, nodeCount=2),
    pool("whole", nodeSelector={POOL_LABEL: "whole"}, nodeCount=2, multiNodeCapable=True),
)


def served(name: str, image: str = "example.test/vllm:1", **fields: Any) -> list[Document]:  # noqa: ANN401
    """Return a deployment on slices, with a model of its own."""
    engine = {"image": image}
    document = model(f"model-of-{name}", profile("slice", memoryPerGpu="30Gi", mig="only"))
    document["spec"]["serving"][0]["engine"] = engine
    return [document, deployment(name, f"model-of-{name}", **fields)]


def huge(image: str = "example.test/vllm:1", **fields: Any) -> list[Document]:  # noqa: ANN401
    """Return a deployment whose replicas span two nodes each."""
    document = model("model-of-huge", profile("two-nodes", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi"))
    document["spec"]["serving"][0]["engine"] = {"image": image}
    return [document, deployment("huge", "model-of-huge", **fields)]


@pytest.fixture
def stack(tmp_path: Path, workloads: Workloads) -> Workspace:
    """A stack that waits, but not long."""
    stack = Workspace.create(tmp_path / "stack")
    stack.set_config('kubeconfigs["here"]', workloads.plane.kubeconfig, secret=True)
    stack.set_config("waitForReady", "true")
    stack.set_config("readyTimeout", "300")
    return stack


def up(stack: Workspace, *, fails: bool = False) -> str:
    """Run `pulumi up` and return what it says."""
    return stack.pulumi("up", "--yes", "--skip-preview", "--stack", STACK, fails=fails).stdout


def serving(workloads: Workloads) -> Counter[tuple[str, str]]:
    """Return how many pods serve, by service and image; at least one more than wanted if others are there, too."""
    found = Counter[tuple[str, str]]()
    for item in workloads.client.list(Pod, namespace=workloads.namespace):
        assert item.metadata
        assert item.status
        assert item.spec
        if item.metadata.deletionTimestamp:
            continue
        ready = {each.type: each.status for each in item.status.conditions or []}.get("Ready") == "True"
        name = (item.metadata.labels or {})["app.kubernetes.io/name"]
        found[name, str(item.spec.containers[0].image) if ready else "not ready"] += 1
    return found


def test_up_ends_when_every_replica_of_the_new_revision_serves(stack: Workspace, workloads: Workloads) -> None:
    namespace = workloads.namespace
    one, two = "example.test/vllm:1", "example.test/vllm:2"
    stack.write(FLEET, *served("chat", one, replicas=3, namespace=namespace), *huge(one, namespace=namespace))
    up(stack)
    assert sorted(serving(workloads).items(), key=str) == [(("chat", one), 3), ((HUGE, one), 2)]

    # KServe still says Ready when it gets the change.
    stack.write(FLEET, *served("chat", two, replicas=16, namespace=namespace), *huge(two, namespace=namespace))
    up(stack)
    assert sorted(serving(workloads).items(), key=str) == [(("chat", two), 16), ((HUGE, two), 2)]

    # One slice more than the node has; KServe calls 16 of 17 Ready.
    stack.set_config("readyTimeout", "6")
    stack.write(FLEET, *served("chat", two, replicas=17, namespace=namespace), *huge(two, namespace=namespace))
    said = up(stack, fails=True)
    assert "1 of 2 placements did not become ready (readyTimeout: 6 s)" in said
    assert f"here/{namespace}/chat: 16 of 17 replicas serve" in said
    assert "1 pod without a node: 0/" in said
    assert "Insufficient nvidia.com/mig-3g.40gb" in said
    assert "`pulumi up` again goes on waiting" in said
    for never in ("Traceback", "token", "certificate"):
        assert never not in said

    # Unchanged, it waits again; with fewer it is done.
    assert "16 of 17 replicas serve" in up(stack, fails=True)
    stack.set_config("readyTimeout", "300")
    stack.write(FLEET, *served("chat", two, replicas=16, namespace=namespace), *huge(two, namespace=namespace))
    up(stack)
    assert serving(workloads)["chat", two] == 16


HUGE = "huge-n2"


def test_room_that_the_same_update_frees_is_not_waited_for(stack: Workspace, workloads: Workloads) -> None:
    """Pulumi deletes when the program has ended: a program that waited for the room would wait forever."""
    namespace = workloads.namespace
    stack.write(FLEET, *served("old", replicas=10, namespace=namespace))
    up(stack)

    stack.write(FLEET, *served("new", replicas=10, namespace=namespace))
    said = up(stack)

    assert f"here/{namespace}/new: 6 of 10 replicas serve" in said
    assert f"freed only when this update has removed {namespace}/old; `pulumi up` again waits for them" in said
    up(stack)
    assert serving(workloads) == {("new", "example.test/vllm:1"): 10}


def test_an_autoscaled_service_has_its_fewest_replicas(
    stack: Workspace, workloads: Workloads, cluster: EmbeddedCluster, tmp_path: Path
) -> None:
    scaled_object = create_namespaced_resource("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects")
    documents = yaml.load_all((kserve_source() / "test/crds/keda.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    definitions = tmp_path / "keda.yaml"
    definitions.write_text(
        yaml.safe_dump_all([each for each in documents if each["kind"] == "CustomResourceDefinition"])
    )
    install_definitions(workloads.client, [definitions], [scaled_object])
    cluster.plane.notice_new_kinds()
    scaling = {"signal": "Concurrency", "concurrency": {"minReplicas": 2, "maxReplicas": 4, "target": 32}}
    stack.write(FLEET, *served("chat", namespace=workloads.namespace, scaling=scaling))

    with ThreadPoolExecutor() as executor:
        update = executor.submit(up, stack)
        workloads.wait("first replica", lambda: update.done() or deployment_exists(workloads, "chat-kserve"))
        time.sleep(2)
        assert not update.done()
        # What KEDA does, which is not there: KServe starts with one.
        scale: dict[str, Any] = {"spec": {"replicas": 2}}
        workloads.client.patch(
            Deployment, "chat-kserve", scale, namespace=workloads.namespace, patch_type=PatchType.MERGE
        )
        update.result()

    assert serving(workloads) == {("chat", "example.test/vllm:1"): 2}
    workloads.client.deletecollection(scaled_object, namespace=workloads.namespace)


def deployment_exists(workloads: Workloads, name: str) -> bool:
    """Return whether KServe has made a Deployment."""
    try:
        workloads.client.get(Deployment, name, namespace=workloads.namespace)
    except httpx2.HTTPStatusError:
        return False
    return True
