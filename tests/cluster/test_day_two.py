"""Deployments that change: in place where KServe takes it, as a new service under another name where it does not."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from lightkube.resources.core_v1 import Pod

from embedded.cluster import EmbeddedCluster
from embedded.fake_nodes import FakePool
from embedded.kserve_kinds import LLMInferenceService
from slicewise.addresses import MAX_LENGTH_MULTI_NODE, service_name
from slicewise.manifests.vocabulary import NAME_LABEL, REVISION_ANNOTATION
from tests.cluster.workloads import GPU, Workloads, more_nodes
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.engine.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lightkube.generic_resource import GenericNamespacedResource

    from tests.engine.workspace import Operation

stacks, webhooks = map(pytest.mark.xdist_group, ("cluster-stacks", "cluster-webhooks"))

ENVIRONMENT = "day-two"
SLICES = "3g.40gb"
WHOLE_NODES = 16
NODES = (
    FakePool("day-left", 1, labels={"pool": "left"}, resources={f"nvidia.com/mig-{SLICES}": 16}),
    FakePool("day-right", 1, labels={"pool": "right"}, resources={f"nvidia.com/mig-{SLICES}": 16}),
    # Its device plugin is switched from one MIG strategy to the other.
    FakePool("day-switched", 1, labels={"pool": "switched"}, resources={f"nvidia.com/mig-{SLICES}": 16, GPU: 16}),
    FakePool("day-full", 2, labels={"pool": "full"}, resources={GPU: 8}),
    FakePool("day-whole", WHOLE_NODES, labels={"pool": "whole"}, resources={GPU: 8}),
)


@dataclass(frozen=True)
class Case:
    """One deployment of one model of its own, and the service that it must be.

    Attributes:
        profile: How the model is served.
        on: The pool that the deployment selects.
        service: The service's name.
        pods: How many pods it has.
        gpus: How many units each pod asks for.
        resource: What these units are called.
        served: What clients call the model; as the deployment is called, where nothing is given.
        revision: The model's revision.
    """

    profile: Document
    on: str
    service: str
    pods: int = 1
    gpus: int = 1
    resource: str = f"nvidia.com/mig-{SLICES}"
    served: str | None = None
    revision: str = "main"

    def documents(self, name: str, namespace: str) -> tuple[Document, Document]:
        """Return the model and its deployment."""
        selector = {"is": self.on}
        serving = model(name, self.profile)
        serving["spec"]["model"]["name"] = self.served or name
        serving["spec"]["huggingFace"]["revision"] = self.revision
        return serving, deployment(name, name, namespace=namespace, nodePoolSelector=selector)


def engine(**fields: object) -> Document:
    """Return a profile for one slice whose engine has `fields`."""
    return profile("any", memoryPerGpu="30Gi") | {"engine": fields}


def whole(nodes: int, gpus: int, **parallelism: int) -> Document:
    """Return a profile for whole GPUs."""
    return profile("whole", nodes=nodes, gpusPerNode=gpus, memoryPerGpu="70Gi", parallelism=parallelism)


def on_nodes(name: str, nodes: int, gpus: int = 8, **parallelism: int) -> Case:
    """Return a deployment called `name` on whole GPUs."""
    service = f"{name}-n{nodes}" if nodes > 1 else name
    return Case(whole(nodes, gpus, **parallelism), "whole", service, pods=nodes, gpus=gpus, resource=GPU)


ANY = engine()
# Before and after.
IN_PLACE = {
    "engine": (
        Case(ANY, "left", "engine"),
        Case(engine(image="vllm:2", args=["--seed=1"]), "left", "engine", served="newer", revision="v2"),
    ),
    "move": (Case(ANY, "left", "move"), Case(ANY, "right", "move")),
    "resource": (Case(ANY, "switched", "resource"), Case(ANY, "switched", "resource", resource=GPU)),
    "tensor": (on_nodes("tensor", 1), on_nodes("tensor", 1, gpus=4)),
    "tensor-of-two": (on_nodes("tensor-of-two", 2), on_nodes("tensor-of-two", 2, gpus=4)),
    "data": (on_nodes("data", 2), on_nodes("data", 2, data=16, dataLocal=8)),
}
NEW_SERVICE = {
    "one-to-two": (on_nodes("one-to-two", 1), on_nodes("one-to-two", 2)),
    "two-to-one": (on_nodes("two-to-one", 2), on_nodes("two-to-one", 1)),
    "two-to-three": (on_nodes("two-to-three", 2), on_nodes("two-to-three", 3)),
}


def fleet(strategy: str, *documents: Document) -> tuple[Document, ...]:
    """Return the environment and `documents`; `strategy` is what one pool's device plugin is set to."""
    pools = (
        slices("left", SLICES, labels={"is": "left"}),
        slices("right", SLICES, labels={"is": "right"}),
        slices("switched", SLICES, labels={"is": "switched"}, strategy=strategy),
        pool("whole", labels={"is": "whole"}, nodeCount=WHOLE_NODES, multiNodeCapable=True),
    )
    return (environment(ENVIRONMENT, *pools), *documents)


@contextmanager
def stack_on(cluster: EmbeddedCluster, directory: Path) -> Iterator[Workspace]:
    """Return a stack that reaches the cluster; what it has made is gone at the end."""
    stack = Workspace.create(directory)
    stack.set_config(f'kubeconfigs["{ENVIRONMENT}"]', cluster.plane.kubeconfig, secret=True)
    try:
        yield stack
    finally:
        stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")


def settled(workloads: Workloads, cases: list[Case]) -> dict[str, str]:
    """Wait until exactly the services of `cases` are there, Ready, each on its new pods; return their uids by name."""
    expected = {case.service: (f"day-{case.on}", {case.resource: case.gpus}, case.pods) for case in cases}

    def found() -> dict[str, tuple[str, dict[str, int], int]]:
        states = {state.name: state for state in workloads.pods() if state.node and state.ready}
        revisions = {
            (item.metadata and item.metadata.name) or "": item["spec"]["annotations"][REVISION_ANNOTATION]
            for item in services(workloads)
        }
        owned = defaultdict(list)
        for pod in workloads.client.list(Pod, namespace=workloads.namespace):
            if pod.metadata and pod.metadata.name in states:
                name = (pod.metadata.labels or {}).get(NAME_LABEL, "")
                is_new = (pod.metadata.annotations or {}).get(REVISION_ANNOTATION) == revisions.get(name)
                owned[name if is_new else f"{name} before"].append(states[pod.metadata.name])
        return {
            name: (str(pods[0].node).rpartition("-")[0], dict(pods[0].gpus), len(pods))
            for name, pods in owned.items()
            if len({(str(pod.node).rpartition("-")[0], *pod.gpus.items()) for pod in pods}) == 1
        }

    workloads.wait(f"{sorted(expected)} on their pods", lambda: found() == expected)
    workloads.wait(f"only {sorted(expected)}", lambda: set(workloads.services()) == set(expected))
    for name in expected:
        workloads.wait_ready(name)
    return {item.metadata.name or "": item.metadata.uid or "" for item in services(workloads) if item.metadata}


def services(workloads: Workloads) -> list[GenericNamespacedResource]:
    """Return the services of the namespace."""
    return list(workloads.client.list(LLMInferenceService, namespace=workloads.namespace))


def steps(operation: Operation, name: str) -> list[str]:
    """Return what the engine does to a service, in its order."""
    return [step.operation for step in operation.steps if step.name == f"{name}-service" and step.operation != "same"]


def assert_changes(
    cluster: EmbeddedCluster, workloads: Workloads, directory: Path, which: list[str], path: tuple[int, ...]
) -> None:
    """Take deployments along `path`, each 0 (before) or 1 (after), and see each step planned and done as it must be."""

    def declare(state: int) -> tuple[tuple[Document, ...], list[Case]]:
        cases = {name: states[state] for name, states in (IN_PLACE | NEW_SERVICE).items() if name in which}
        documents = [each for name, case in cases.items() for each in case.documents(name, workloads.namespace)]
        return fleet(("mixed", "single")[state], *documents), list(cases.values())

    with stack_on(cluster, directory) as stack:
        documents, cases = declare(path[0])
        stack.write(*documents)
        stack.up()
        before = settled(workloads, cases)
        for state in path[1:]:
            documents, cases = declare(state)
            stack.write(*documents)
            # KServe's webhooks judge a preview, too.
            planned = stack.preview()
            done = stack.up()
            after = settled(workloads, cases)
            for name in which:
                service = f"{ENVIRONMENT}/{workloads.namespace}/{name}"
                assert steps(planned, service) == steps(done, service), name
                if name in IN_PLACE:
                    assert steps(done, service) == ["update"], name
                    assert after[IN_PLACE[name][state].service] == before[IN_PLACE[name][state].service], name
                else:
                    # The old one goes last.
                    assert steps(done, service) == ["create-replacement", "replace", "delete-replaced"], name
                    assert NEW_SERVICE[name][state].service not in before, name
            before = after
        assert stack.preview().changes() == {}


@webhooks
def test_with_kserves_webhooks(with_webhooks: EmbeddedCluster, numbers: Iterator[int], tmp_path: Path) -> None:
    with (
        more_nodes(with_webhooks, NODES),
        Workloads.in_namespace(with_webhooks.plane, f"test-{next(numbers)}") as workloads,
    ):
        assert_changes(with_webhooks, workloads, tmp_path, [*IN_PLACE, *NEW_SERVICE], (0, 1, 0))


@stacks
def test_without_kserves_webhooks(cluster: EmbeddedCluster, workloads: Workloads, tmp_path: Path) -> None:
    """Nothing is refused here, and some changes would have no effect."""
    with more_nodes(cluster, NODES):
        assert_changes(cluster, workloads, tmp_path, ["data", *NEW_SERVICE], (0, 1))


@stacks
def test_long_names_run_and_one_model_runs_twice(
    cluster: EmbeddedCluster, numbers: Iterator[int], tmp_path: Path
) -> None:
    """As long as a name may be, longer, and with more groups than one digit counts."""
    long = {
        "s" * 63: (whole(1, 1), 1),
        "c" * 64: (whole(1, 1), 1),
        "m" * (MAX_LENGTH_MULTI_NODE - len("-n2")): (whole(2, 1), 11),
        "d" * MAX_LENGTH_MULTI_NODE: (whole(2, 1), 1),
    }
    with (
        more_nodes(cluster, NODES),
        Workloads.in_namespace(cluster.plane, f"test-{next(numbers)}") as here,
        Workloads.in_namespace(cluster.plane, f"test-{next(numbers)}") as there,
        stack_on(cluster, tmp_path) as stack,
    ):
        documents = [model("shared", ANY)]
        documents += [deployment("chat", "shared", namespace=each.namespace) for each in (here, there)]
        cases = [Case(ANY, "left", "chat")]
        for number, (name, (serving, replicas)) in enumerate(long.items()):
            nodes = serving["replicaTopology"]["nodes"]
            documents.append(model(f"m{number}", serving))
            documents.append(deployment(name, f"m{number}", namespace=here.namespace, replicas=replicas))
            service = service_name(name, nodes=nodes, autoscaled=False)
            cases.append(Case(serving, "whole", service, pods=nodes * replicas, resource=GPU))
        stack.write(*fleet("mixed", *documents))
        stack.up()
        names = settled(here, cases)
        assert sorted(map(len, names)) == [4, MAX_LENGTH_MULTI_NODE, MAX_LENGTH_MULTI_NODE, 63, 63]
        assert "s" * 63 in names
        assert set(settled(there, cases[:1])) == {"chat"}
        assert stack.preview().changes() == {}


@stacks
def test_on_a_full_pool_the_new_service_waits_until_the_old_one_is_gone(
    cluster: EmbeddedCluster, workloads: Workloads, tmp_path: Path
) -> None:
    def documents(nodes: int) -> tuple[Document, ...]:
        full = pool("full", nodeCount=2, multiNodeCapable=True)
        chat = deployment("chat", "chat", namespace=workloads.namespace, replicas=2 // nodes)
        return environment(ENVIRONMENT, full), model("chat", whole(nodes, 8)), chat

    def case(nodes: int) -> Case:
        return replace(on_nodes("chat", nodes), on="full", pods=2)

    with more_nodes(cluster, NODES), stack_on(cluster, tmp_path) as stack:
        stack.set_config("waitForReady", "true")
        stack.write(*documents(1))
        stack.up()
        settled(workloads, [case(1)])
        stack.write(*documents(2))
        # Waiting to the end would wait for what comes after it.
        (told,) = [message for message in stack.up().messages if "not waited for" in message]
        assert "Insufficient nvidia.com/gpu" in told
        assert f"has removed the old service of {workloads.namespace}/chat" in told
        assert set(settled(workloads, [case(2)])) == {"chat-n2"}
