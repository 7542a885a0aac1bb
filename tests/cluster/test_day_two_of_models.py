"""A running deployment gets other weights, an adapter, a variable, a route: what a preview shows, and who restarts."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, NamedTuple

import pytest
from lightkube.models.core_v1 import (
    HostPathVolumeSource,
    ObjectReference,
    PersistentVolumeClaimSpec,
    PersistentVolumeSpec,
    VolumeResourceRequirements,
)
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import PersistentVolume, PersistentVolumeClaim, Pod

from embedded.kserve_kinds import LLMInferenceService
from slicewise.manifests.vocabulary import NAME_LABEL
from tests.cluster.test_storage_initializer_off import images_taken
from tests.cluster.workloads import POOL_LABEL
from tests.documents import Document, deployment, environment, model, profile, slices
from tests.engine.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedded.cluster import EmbeddedCluster
    from tests.cluster.workloads import Workloads

pytestmark = pytest.mark.xdist_group("cluster-stacks")

SITE = "day-two-models"
REVISION = 'spec.annotations["slicewise.dev/revision"]'
URI = "spec.model.uri"
INITIALIZER = "spec.template.initContainers"
GATEWAY = {"name": "gateway", "namespace": "kserve"}


class Change(NamedTuple):
    """One edit of the documents of a running deployment, beside the edits before it.

    Attributes:
        of_model: What the model's spec gets; None takes a field away.
        fields: The fields that a preview shows.
        restarts: Whether the deployment's pods are replaced.
        of_environment: What the environment's spec gets.
    """

    of_model: Document
    fields: set[str]
    restarts: bool = True
    of_environment: Document | None = None


HUB = {"source": "HuggingFace", "huggingFace": {"repo": "example/chat"}}
NO_HUB = {"huggingFace": None}
CHANGES = {
    "from Hugging Face to a volume": Change(
        {**NO_HUB, "source": "PersistentVolumeClaim", "persistentVolumeClaim": {"name": "models", "path": "chat"}},
        {URI, INITIALIZER, REVISION},
    ),
    "from a volume to an image": Change(
        {"persistentVolumeClaim": None, "source": "OCI", "oci": {"image": "registry.example.com/chat:v1"}},
        {URI, REVISION},
    ),
    "from an image to S3": Change(
        {"oci": None, "source": "S3", "s3": {"uri": "s3://models/chat", "secretRef": {"name": "store"}}},
        {URI, INITIALIZER, REVISION},
    ),
    "from S3 to Hugging Face": Change({"s3": None, **HUB}, {URI, f"{INITIALIZER}[0].env", REVISION}),
    "an adapter": Change(
        {"lora": {"adapters": [{"name": "sql", "huggingFace": {"repo": "team/sql"}}]}}, {"spec.model.lora", REVISION}
    ),
    "a variable of the engine": Change(
        {"serving": [{"engine": {"env": [{"name": "VLLM_LOGGING_LEVEL", "value": "DEBUG"}]}}]},
        {"spec.template.containers[0].env", REVISION},
    ),
    "a route": Change({}, {"spec.router"}, restarts=False, of_environment={"gateway": GATEWAY}),
}


@pytest.fixture
def stack(cluster: EmbeddedCluster, tmp_path: Path) -> Iterator[Workspace]:
    found = Workspace.create(tmp_path)
    found.set_config(f'kubeconfigs["{SITE}"]', cluster.plane.kubeconfig, secret=True)
    try:
        yield found
    finally:
        found.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")


def served(name: str) -> Document:
    return model(name, profile("any", memoryPerGpu="30Gi"))


def changed(spec: Document, change: Document) -> None:
    """Edit a spec."""
    for key, value in change.items():
        if value is None:
            del spec[key]
        elif key == "serving":
            spec[key] = [{**before, **after} for before, after in zip(spec[key], value, strict=True)]
        else:
            spec[key] = value


def pods(workloads: Workloads) -> dict[str, set[str]]:
    """Return the uids of the pods that are not on their way out, by service."""
    found: dict[str, set[str]] = {}
    for pod in workloads.client.list(Pod, namespace=workloads.namespace):
        assert pod.metadata
        if not pod.metadata.deletionTimestamp:
            found.setdefault((pod.metadata.labels or {})[NAME_LABEL], set()).add(str(pod.metadata.uid))
    return found


def settled(workloads: Workloads) -> dict[str, set[str]]:
    """Wait until every deployment has its one pod, of the newest revision of its service."""

    def revision(item: Document) -> str:
        return str((item.get("annotations") or {}).get("slicewise.dev/revision"))

    def reached() -> bool:
        wanted = {
            str(item.metadata.name): revision(item["spec"])
            for item in workloads.client.list(LLMInferenceService, namespace=workloads.namespace)
            if item.metadata
        }
        there = [
            ((pod.metadata.labels or {})[NAME_LABEL], revision({"annotations": pod.metadata.annotations}))
            for pod in workloads.client.list(Pod, namespace=workloads.namespace)
            if pod.metadata
        ]
        return sorted(there) == sorted(wanted.items())

    workloads.wait("one pod each", reached)
    return pods(workloads)


@pytest.fixture
def claim(workloads: Workloads) -> Iterator[None]:
    """A volume with weights, which kube-scheduler wants to see bound before it binds a pod."""
    size, modes = {"storage": "1Gi"}, ["ReadOnlyMany"]
    name, client, namespace = f"models-{workloads.namespace}", workloads.client, workloads.namespace
    bound = {"pv.kubernetes.io/bind-completed": "yes"}
    claimed = PersistentVolumeClaimSpec(
        volumeName=name, accessModes=modes, resources=VolumeResourceRequirements(requests=size), storageClassName=""
    )
    meta = ObjectMeta(name="models", namespace=namespace, annotations=bound)
    made = client.create(PersistentVolumeClaim(metadata=meta, spec=claimed))
    assert made.metadata
    reference = ObjectReference(kind="PersistentVolumeClaim", name="models", namespace=namespace, uid=made.metadata.uid)
    volume = PersistentVolumeSpec(
        capacity=size, accessModes=modes, hostPath=HostPathVolumeSource("/models"), claimRef=reference
    )
    client.create(PersistentVolume(metadata=ObjectMeta(name=name), spec=volume))
    # The embedded control plane does not bind volumes.
    status = {"status": {"phase": "Bound", "accessModes": modes, "capacity": size}}
    client.patch(PersistentVolumeClaim.Status, "models", status, namespace=namespace)
    try:
        yield
    finally:
        client.delete(PersistentVolume, name)


@pytest.mark.long
@pytest.mark.usefixtures("claim")
def test_only_the_pods_of_the_changed_deployment_restart(stack: Workspace, workloads: Workloads) -> None:
    namespace = workloads.namespace
    site = environment(SITE, slices("slices", "3g.40gb", nodeSelector={POOL_LABEL: "slices"}, nodeCount=1))
    chat, other = served("chat"), served("other")
    chat["spec"] |= copy.deepcopy(HUB)
    deployments = [deployment(name, name, namespace=namespace) for name in ("chat", "other")]
    name = f"{SITE}/{namespace}/chat-service"
    stack.write(site, chat, other, *deployments)
    stack.up()
    before = settled(workloads)
    with images_taken(workloads):
        for what, change in CHANGES.items():
            changed(chat["spec"], copy.deepcopy(change.of_model))
            site["spec"] |= change.of_environment or {}
            # A route comes to every deployment of its environment.
            routed = change.of_environment is not None
            updated = {name: "update"} | ({name.replace("chat", "other"): "update"} if routed else {})
            stack.write(site, chat, other, *deployments)
            planned = stack.preview()
            assert planned.changes() == updated, what
            assert planned.changed(name) == change.fields, what
            assert stack.up().changes() == updated, what
            after = settled(workloads)
            assert after["other"] == before["other"], what
            assert (after["chat"].isdisjoint(before["chat"]), after["chat"] == before["chat"]) == (
                change.restarts,
                not change.restarts,
            ), what
            before = after
        assert stack.preview().changes() == {}
