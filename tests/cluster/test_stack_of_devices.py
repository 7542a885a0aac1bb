"""The demo's fleet on nodes of NVIDIA's DRA driver, through the real Pulumi: made, unchanged, changed and removed.

On the newest Kubernetes, and on the oldest that has claims.
"""

from __future__ import annotations

import json
import os
import random
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace, Pod, Secret

from embedded.api_client import connect
from embedded.cluster import EmbeddedCluster
from embedded.deadlines import wait_until
from embedded.demo.fake_pools import fake_pools
from embedded.dra_devices import driver_classes, gpus_cut_alike, whole_gpus
from embedded.dra_objects import (
    CLAIM_TEMPLATES,
    DEVICE_CLASSES,
    RESOURCE_CLAIMS,
    install_device_classes,
    server_version,
)
from embedded.fake_nodes import FakePool, add_nodes
from embedded.pod_states import pods_of
from embedded.program import CHECKOUT
from slicewise.documents import OLDEST_RELEASE, Allocation, InferenceEnvironment
from slicewise.manifests import environment_objects
from slicewise.planning import make_plan
from tests.cluster.test_promise import SECONDS, namespace, planned_pods, schedule
from tests.cluster.workloads import Workloads
from tests.documents import fleet_of
from tests.engine.workspace import Workspace
from tests.unit.cli.running import slicewise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedded.dra_devices import DraGpus
    from tests.documents import Document

pytestmark = pytest.mark.long

BOARD = "h100-80gb"
NAME = "mig-a"
# One more than gemma's slices would be one pod that waits.
SLICES = 16
# Seconds.
WAITS_FOR_DELETION = 180


def demo(allocation: Allocation) -> list[Document]:
    """Return the demo's documents, with all pools in one environment, and gemma on every slice of 3g.40gb."""
    found: dict[str, list[Document]] = {}
    for file in sorted((CHECKOUT / "stacks" / "demo").glob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            found.setdefault(document["kind"], []).append(document)
    first, second = found["InferenceEnvironment"]
    for each in (*first["spec"]["nodePools"], *second["spec"]["nodePools"]):
        each["allocation"] = allocation.value
    first["spec"]["nodePools"] += second["spec"]["nodePools"]
    for each in found["ModelDeployment"]:
        each["spec"]["environments"] = 1
        each["spec"].pop("router", None)
        if each["metadata"]["name"] == "gemma":
            each["spec"]["scaling"]["fixed"]["replicas"] = SLICES
    return [first, *found["ClusterModel"], *found["ModelDeployment"]]


def devices(pool: Document) -> DraGpus:
    mig, gpus = pool["capabilities"].get("migConfiguration"), pool["acceleratorCount"]
    return gpus_cut_alike(BOARD, gpus, mig["profile"]) if mig else whole_gpus(BOARD, gpus)


OLDEST = OLDEST_RELEASE[Allocation.CLAIM]
# None is the release that the tests run with.
RELEASES = [None] if os.environ.get("KUBERNETES") == OLDEST else [None, OLDEST]


@pytest.fixture(scope="module", params=RELEASES, ids=lambda release: release or "newest")
def dra(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, kinds: Path
) -> Iterator[EmbeddedCluster]:
    """A cluster whose nodes are the demo's, without a device plugin."""
    documents = demo(Allocation.CLAIM)
    declared = {each["name"]: each for each in documents[0]["spec"]["nodePools"]}
    pools = [
        FakePool(
            each.name, each.nodes, each.labels, each.taints, cpu=each.cpu, memory=each.memory,
            devices=devices(declared[each.name]),
        )
        for each in fake_pools(InferenceEnvironment.model_validate(documents[0]))
    ]  # fmt: skip
    directory = tmp_path_factory.mktemp("cluster")
    data = None if request.param else kinds
    with EmbeddedCluster.start(directory, kserve_webhooks=True, release=request.param, data=data) as cluster:
        with connect(cluster.plane) as client:
            install_device_classes(client, driver_classes(extended=has_extended_resources(cluster)))
            for name in ("team-a", "team-b"):
                client.create(Namespace(metadata=ObjectMeta(name=name)))
            token = Secret(metadata=ObjectMeta(name="huggingface", namespace="team-a"), stringData={"token": "none"})
            client.create(token)
        add_nodes(cluster.plane, pools)
        yield cluster


def has_extended_resources(cluster: EmbeddedCluster) -> bool:
    with connect(cluster.plane) as client:
        oldest = OLDEST_RELEASE[Allocation.EXTENDED_RESOURCE]
        return server_version(client) >= tuple(map(int, oldest.split(".")))


@pytest.fixture
def stack(dra: EmbeddedCluster, tmp_path: Path) -> Iterator[Workspace]:
    """A stack that verifies the cluster before it changes anything, and waits for what it applies."""
    stack = Workspace.create(tmp_path)
    stack.set_config(f'kubeconfigs["{NAME}-kubeconfig"]', dra.plane.kubeconfig, secret=True)
    stack.configure(verify="true", waitForReady="true", createDeviceClasses="true")
    yield stack
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")


def running(cluster: EmbeddedCluster) -> dict[str, int]:
    found = {name: [pod for pod in pods_of(cluster.plane, name) if pod.ready] for name in ("team-a", "team-b")}
    return {name: len(pods) for name, pods in found.items()}


def live(cluster: EmbeddedCluster, kind: Any, namespace: str | None = None) -> dict[str, Any]:  # noqa: ANN401 - a kind
    with connect(cluster.plane) as client:
        found = client.list(kind, namespace=namespace) if namespace else client.list(kind)
        return {each.metadata.name: each for each in found}


def assert_verified(cluster: EmbeddedCluster, stack: Workspace) -> None:
    """See that `verify` finds nothing, not even to be warned of."""
    kubeconfig = str(cluster.plane.kubeconfig_path)
    run = slicewise("verify", str(stack.manifests), "--kubeconfig", kubeconfig, "--output", "json")
    assert (run.returncode, json.loads(run.stdout)["findings"]) == (0, []), run.stdout


def assert_one_more_waits(cluster: EmbeddedCluster, planned: int) -> None:
    """See that no slice is left for one pod more than there are, and go back to what is planned."""
    with connect(cluster.plane) as client:
        workloads = Workloads(cluster.plane, client, "team-a")
        workloads.scale("gemma", SLICES + 1)
        workloads.wait_pending("cannot allocate all claims")
        workloads.scale("gemma", planned)
        workloads.wait_running(planned)


@pytest.mark.parametrize("allocation", [Allocation.CLAIM, Allocation.EXTENDED_RESOURCE])
def test_accepted_pods_run_in_every_order(dra: EmbeddedCluster, allocation: Allocation) -> None:
    if allocation is Allocation.EXTENDED_RESOURCE and not has_extended_resources(dra):
        pytest.skip("extendedResource needs Kubernetes 1.36")
    documents = demo(allocation)
    fleet = fleet_of(documents)
    objects = environment_objects(fleet, make_plan(fleet), device_classes=True)[NAME]
    pods = planned_pods(documents, NAME)
    assert len(pods) >= SLICES
    shuffled = random.Random(allocation).sample(pods, len(pods))  # noqa: S311 - not for secrets
    with connect(dra.plane) as client:
        classes = [each for each in objects if each["kind"] == "DeviceClass"]
        install_device_classes(client, classes)
        for number, order in enumerate((pods, pods[::-1], shuffled)):
            with namespace(client, f"{allocation.lower()}-{number}") as where:
                for each in objects:
                    if each["kind"] == "ResourceClaimTemplate":
                        metadata = each["metadata"] | {"namespace": where}
                        client.create(CLAIM_TEMPLATES.from_dict(each | {"metadata": metadata}), namespace=where)
                schedule(dra, client, where, order)
                client.deletecollection(Pod, namespace=where, grace_period=0)
                wait_until("claims are gone", lambda: not list(client.list(RESOURCE_CLAIMS, namespace=where)), SECONDS)
        for each in classes:
            client.delete(DEVICE_CLASSES, each["metadata"]["name"])


def test_by_claims(dra: EmbeddedCluster, stack: Workspace) -> None:
    documents = demo(Allocation.CLAIM)
    stack.write(*documents)
    assert_verified(dra, stack)
    made = stack.up().changes()
    assert {name for name in made if name.endswith("claimtemplate")} == {
        f"{NAME}/team-a/gemma-claimtemplate",
        f"{NAME}/team-b/chat-small-claimtemplate",
    }
    assert running(dra) == {"team-a": SLICES, "team-b": 6}
    assert stack.up().changes() == {}
    assert_verified(dra, stack)

    # Fewer replicas restart nothing, and change no template.
    documents[-2]["spec"]["scaling"]["fixed"]["replicas"] = SLICES - 1
    stack.write(*documents)
    changes = stack.up().changes()
    assert len(changes) == 1, changes

    # Somebody deletes a template: the next update makes it again.
    with connect(dra.plane) as client:
        (name,) = live(dra, CLAIM_TEMPLATES, "team-a")
        client.delete(CLAIM_TEMPLATES, name, namespace="team-a")
    stack.up()
    assert live(dra, CLAIM_TEMPLATES, "team-a").keys() == {name}
    assert stack.up().changes() == {}

    assert_one_more_waits(dra, SLICES - 1)
    assert_verified(dra, stack)

    started = time.monotonic()
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")
    assert live(dra, CLAIM_TEMPLATES, "team-a") == {}
    assert live(dra, RESOURCE_CLAIMS, "team-a") == {}
    # The provider gives up on an object that is not gone after three minutes, and says that it is.
    assert time.monotonic() - started < WAITS_FOR_DELETION


def test_by_classes(dra: EmbeddedCluster, stack: Workspace) -> None:
    if not has_extended_resources(dra):
        pytest.skip("extendedResource needs Kubernetes 1.36")
    documents = demo(Allocation.EXTENDED_RESOURCE)
    stack.write(*documents)
    made = stack.up().changes()
    classes = {f"mig-{name}.slicewise.dev" for name in ("1g.10gb", "3g.40gb")}
    assert {name for name in made if name.endswith("device-class")} == {
        f"{NAME}/{name}/device-class" for name in classes
    }
    assert running(dra) == {"team-a": SLICES, "team-b": 6}
    assert stack.up().changes() == {}
    assert_verified(dra, stack)

    assert_one_more_waits(dra, SLICES)

    # The classes stay, for others of the cluster.
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")
    assert classes <= live(dra, DEVICE_CLASSES).keys()
