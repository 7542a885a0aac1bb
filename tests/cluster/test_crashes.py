"""KServe's controller or the API server dies in the middle: a clear error, nothing lost, the next `up` completes."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from lightkube import Client
from lightkube.resources.core_v1 import Namespace

from embedded.api_client import connect
from embedded.cluster import EmbeddedCluster
from embedded.fake_nodes import FakePool
from embedded.kserve_kinds import LLMInferenceService
from tests.cluster.workloads import more_nodes
from tests.documents import Document, deployment, environment, model, profile, slices
from tests.engine.workspace import STACK, Workspace

pytestmark = pytest.mark.xdist_group("cluster-nodes")

NAMESPACE = "team"
RESOURCE = "nvidia.com/mig-3g.40gb"
FLEET = environment("here", slices("slices", "3g.40gb", nodeCount=2))


@pytest.fixture(scope="module")
def fragile(without_nodes: EmbeddedCluster) -> Iterator[EmbeddedCluster]:
    pools = (FakePool("slices", nodes=2, labels={"pool": "slices"}, resources={RESOURCE: 16}),)
    with more_nodes(without_nodes, pools):
        yield without_nodes


@pytest.fixture
def stack(tmp_path: Path, fragile: EmbeddedCluster) -> Workspace:
    """A stack on it that waits."""
    stack = Workspace.create(tmp_path / "stack", real_start=True)
    stack.set_config('kubeconfigs["here"]', fragile.plane.kubeconfig, secret=True)
    stack.set_config("waitForReady", "true")
    stack.set_config("createNamespaces", "true")
    return stack


def served(count: int, replicas: int = 1, namespace: str = NAMESPACE) -> list[Document]:
    """Return `count` deployments, each with a model of its own."""
    documents = []
    for number in range(count):
        documents.append(model(f"model-{number}", profile("slice", memoryPerGpu="30Gi", mig="only")))
        documents.append(deployment(f"chat-{number}", f"model-{number}", namespace=namespace, replicas=replicas))
    return documents


def up(stack: Workspace, timeout: int, *, fails: bool = False) -> str:
    """Run `pulumi up` that waits for `timeout` seconds, and return what it says."""
    stack.set_config("readyTimeout", str(timeout))
    return stack.pulumi("up", "--yes", "--skip-preview", "--stack", STACK, fails=fails).stdout


@pytest.fixture
def client(fragile: EmbeddedCluster) -> Iterator[Client]:
    """One client for each test: making one takes longer than a request."""
    with connect(fragile.plane) as client:
        yield client


def services(client: Client, namespace: str = NAMESPACE) -> list[str]:
    """Return the names of the services in the cluster."""
    found = client.list(LLMInferenceService, namespace=namespace)
    return sorted(str(item.metadata.name) for item in found if item.metadata)


def in_state(stack: Workspace) -> Counter[str]:
    """Return the services in the stack's state; nothing in it may be half done."""
    state = json.loads(stack.export())["deployment"]
    assert not state.get("pending_operations")
    kind = "LLMInferenceService"
    return Counter(item["urn"].rpartition("/")[2] for item in state.get("resources", []) if item["type"].endswith(kind))


def test_kserves_controller_dies_in_the_middle_and_is_missing_at_the_end(
    stack: Workspace, fragile: EmbeddedCluster, client: Client
) -> None:
    stack.write(FLEET, *served(1, replicas=2))
    up(stack, 300)

    with when(lambda: len(services(client)) > 1, lambda: fragile.kill("llmisvc")):
        stack.write(FLEET, *served(6, replicas=2))
        said = up(stack, 6, fails=True)

    # Whatever it was doing just then: all is applied and in the state, and somebody has not been looked at.
    assert "placements did not become ready (readyTimeout: 6 s)" in said
    assert (
        "KServe has not looked at it since it was applied: does its controller (llmisvc) run, with enough CPU?" in said
    )
    names = [f"chat-{number}" for number in range(6)]
    assert services(client) == names
    assert in_state(stack) == Counter(f"{name}-service" for name in names)
    assert len(stack.outputs()["placements"]) == 6

    fragile.restart("llmisvc")
    up(stack, 300)
    stack.pulumi("preview", "--expect-no-changes", "--stack", STACK)

    # It is gone when the stack is destroyed: its finalizer would hold the services for ever.
    fragile.kill("llmisvc")
    give_up_sooner(stack)
    started = time.monotonic()
    said = stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK, fails=True).stdout
    assert time.monotonic() - started < 170  # not what it would take otherwise
    assert "finalizers might be preventing deletion" in said
    assert sum(in_state(stack).values()) == 6

    fragile.restart("llmisvc")
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK)
    assert in_state(stack) == Counter()


def test_the_api_server_dies_in_the_middle(stack: Workspace, fragile: EmbeddedCluster, client: Client) -> None:
    namespace = "elsewhere"
    stack.write(FLEET, *served(8, namespace=namespace))

    with when(lambda: bool(services(client, namespace)), lambda: fragile.kill("kube-apiserver")):
        started = time.monotonic()
        said = up(stack, 3600, fails=True)
        # Waiting for what was applied ends when something could not be applied.
        assert time.monotonic() - started < 1800

    assert "was not successfully created by the Kubernetes API server" in said or "does not answer" in said
    assert "Traceback" not in said
    # What the plan decided is kept, though not all of it is there.
    assert len(stack.outputs()["placements"]) == 8

    fragile.restart("kube-apiserver")
    up(stack, 300)

    names = [f"chat-{number}" for number in range(8)]
    assert services(client, namespace) == names
    assert in_state(stack) == Counter(f"{name}-service" for name in names)
    stack.pulumi("preview", "--refresh", "--expect-no-changes", "--stack", STACK)
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK)
    assert services(client, namespace) == []
    assert in_state(stack) == Counter()
    # A namespace that the stack made stays: others may have come to use it.
    assert namespace in [item.metadata.name for item in client.list(Namespace) if item.metadata]


def give_up_sooner(stack: Workspace) -> None:
    """Have deletions of services take seconds at most instead of minutes."""
    state: dict[str, Any] = json.loads(stack.export())
    for resource in state["deployment"]["resources"]:
        if resource["type"].endswith("LLMInferenceService"):
            assert resource["customTimeouts"]["delete"] == 180
            resource["customTimeouts"]["delete"] = 5
    stack.pulumi("stack", "import", "--stack", STACK, stdin=json.dumps(state))


class when(threading.Thread):  # noqa: N801 - it reads as a statement
    """Do something at the very moment when something else is so, while the block runs."""

    def __init__(self, reached: Callable[[], bool], action: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._reached, self._action, self._over = reached, action, threading.Event()
        self.done = False

    def run(self) -> None:
        while not self._over.is_set():
            try:
                reached = self._reached()
            except httpx2.HTTPError:  # the namespace or the server is not there
                reached = False
            if reached:
                self._action()
                self.done = True
                return
            time.sleep(0.01)

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, kind: object, _: object, __: object) -> None:
        self._over.set()
        self.join()
        assert kind or self.done
