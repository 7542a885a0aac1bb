"""Changes of image and arguments on full pools: Deployments of few replicas wait forever, unless a unit is kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from lightkube.resources.core_v1 import Pod

from embedded.fake_nodes import FakePool
from tests.cluster.stack_on_nodes import stack_on_nodes
from tests.cluster.workloads import GPU
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.engine.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedded.cluster import EmbeddedCluster
    from tests.cluster.workloads import Workloads

pytestmark = pytest.mark.xdist_group("cluster-stacks")

ENVIRONMENT = "full"
MIG = "3g.40gb"
RESOURCE = f"nvidia.com/mig-{MIG}"
NODES = (
    FakePool("few", 1, labels={"pool": "few"}, resources={RESOURCE: 4}),
    FakePool("many", 1, labels={"pool": "many"}, resources={RESOURCE: 4}),
    FakePool("pair", 2, labels={"pool": "pair"}, resources={GPU: 8}),
)
# By deployment; `chat` and `other` share a pool of four slices.
PODS = {"chat": 2, "other": 2, "four": 4, "group-n2": 2}


def fleet(
    namespace: str, engine: Document, *, other_engine: Document | None = None, reserved: int = 0, others: int = 2
) -> tuple[Document, ...]:
    """Return full pools; the deployments on them, all but `other`, run `engine`."""
    pools = (
        slices("few", MIG, acceleratorCount=2, labels={"is": "few"}, reservedUnits=reserved),
        slices("many", MIG, acceleratorCount=2, labels={"is": "many"}),
        pool("pair", nodeCount=2, multiNodeCapable=True, labels={"is": "pair"}),
    )
    slice_ = profile("any", memoryPerGpu="30Gi", mig="only")
    group = profile("any", nodes=2, gpusPerNode=8, mig="never")

    def served(name: str, serving: Document, replicas: int, on: str) -> tuple[Document, Document]:
        selector = {"is": on}
        chosen = deployment(name, name, namespace=namespace, replicas=replicas, nodePoolSelector=selector)
        return model(name, serving), chosen

    return (
        environment(ENVIRONMENT, *pools),
        *served("chat", slice_ | {"engine": engine}, PODS["chat"], "few"),
        *served("other", slice_ | {"engine": other_engine or {}}, others, "few"),
        *served("four", slice_ | {"engine": engine}, PODS["four"], "many"),
        *served("group", group | {"engine": engine}, 1, "pair"),
    )


@pytest.fixture
def stack(cluster: EmbeddedCluster, workloads: Workloads, tmp_path: Path) -> Iterator[Workspace]:
    """A stack that reaches the cluster, which has the nodes for a while; services go before the nodes."""
    with stack_on_nodes(cluster, NODES, ENVIRONMENT, workloads, tmp_path) as made:
        yield made


def running(workloads: Workloads, service: str) -> dict[str, dict[str, Any]]:
    """Return the main containers of the service's ready pods, by the pods' names."""
    ready = {state.name for state in workloads.pods() if state.ready}
    found = {}
    for pod in workloads.client.list(Pod, namespace=workloads.namespace):
        name = (pod.metadata and pod.metadata.name) or ""
        if name in ready and name.startswith(f"{service}-kserve") and pod.spec:
            (main,) = (container for container in pod.spec.containers if container.name == "main")
            found[name] = main.to_dict()
    return found


def wait_rolled(workloads: Workloads, service: str, key: str, value: object, pods: int) -> None:
    """Wait until all pods of the service run the new engine, and no other pod of it is left."""

    def rolled() -> bool:
        states = [state for state in workloads.pods() if state.name.startswith(f"{service}-kserve")]
        values = [container.get(key) for container in running(workloads, service).values()]
        return len(states) == pods and values == [value] * pods

    workloads.wait(f"{service} rolled", rolled)


def test_a_full_pool_updates_few_replicas_only_with_a_unit_kept_free(stack: Workspace, workloads: Workloads) -> None:
    namespace = workloads.namespace
    stack.write(*fleet(namespace, {}))
    told = [message for message in stack.up().messages if "SW305" in message]
    workloads.wait_running(sum(PODS.values()))
    # The plan has said it: of this pool, of both deployments, and what to write; nothing of the other pools.
    (warning,) = told
    assert f"the next update of {namespace}/chat, {namespace}/other would wait forever" in warning
    assert "; write reservedUnits: 1" in warning
    old = running(workloads, "chat")

    seed = ["--seed=1"]
    stack.write(*fleet(namespace, {"args": seed}))
    stack.up()
    # Four replicas may miss one, and a group goes before its successor comes: these roll on a full pool.
    wait_rolled(workloads, "four", "args", seed, PODS["four"])
    wait_rolled(workloads, "group-n2", "args", seed, PODS["group-n2"])
    # Two replicas may miss none: the new pod waits, and the old ones serve on.
    assert workloads.wait_pending(f"1 Insufficient {RESOURCE}").name.startswith("chat-kserve-")
    time.sleep(2)
    assert running(workloads, "chat") == old
    assert len(old) == PODS["chat"]
    # KServe calls that Ready.
    workloads.wait_ready("chat")

    # One slice less in use, and kept: the update that hangs goes on, and the plan has nothing to say.
    stack.write(*fleet(namespace, {"args": seed}, reserved=1, others=1))
    assert not [message for message in stack.up().messages if "SW305" in message]
    wait_rolled(workloads, "chat", "args", seed, PODS["chat"])

    # And so do the next ones: two Deployments take turns with one slice.
    image = {"image": "vllm:next"}
    stack.write(*fleet(namespace, {"args": seed} | image, other_engine=image, reserved=1, others=1))
    stack.up()
    for service, pods in {"chat": PODS["chat"], "other": 1}.items():
        wait_rolled(workloads, service, "image", image["image"], pods)
