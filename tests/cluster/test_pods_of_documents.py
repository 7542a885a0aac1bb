"""Every field that documents have for pods: the API server and KServe's webhooks take it, and the pods have it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Event, Pod, ServiceAccount
from lightkube.resources.node_v1 import RuntimeClass
from lightkube.resources.scheduling_v1 import PriorityClass
from lightkube.types import PatchType

from embedded.errors import ControlPlaneError
from tests.cluster.workloads import POOL_LABEL
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile
from tests.unit.documents.pods import COMPLETE_ENV, COMPLETE_POD

if TYPE_CHECKING:
    from tests.cluster.workloads import Workloads

pytestmark = pytest.mark.xdist_group("cluster-pods")

SHAPES: dict[str, Document] = {
    "one node": {},
    "pipeline of two nodes": {"nodes": 2, "gpusPerNode": 8},
    "data parallel on two nodes": {"nodes": 2, "gpusPerNode": 8, "parallelism": {"data": 16, "dataLocal": 8}},
}
METADATA: Document = {
    "labels": {"example.com/cost-center": "4711"},
    "annotations": {"example.com/owner": "search@example.com"},
}
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


def wanted_pod() -> Document:
    """Return the pod with every field, but for image volumes: Kubernetes 1.34 drops them (ImageVolume, beta, off)."""
    wanted = copy.deepcopy(COMPLETE_POD)
    wanted["volumes"] = [each for each in wanted["volumes"] if "image" not in each]
    wanted["labels"]["kueue.x-k8s.io/queue-name"] = "team-queue"
    wanted["annotations"]["example.com/note"] = "{not a template}"
    return wanted


@pytest.fixture
def classes(workloads: Workloads) -> None:
    """What pods name, and what admission refuses a pod without."""
    meta = ObjectMeta(name=COMPLETE_POD["serviceAccountName"], namespace=workloads.namespace)
    workloads.client.create(ServiceAccount(metadata=meta))
    priority, runtime = COMPLETE_POD["priorityClassName"], COMPLETE_POD["runtimeClassName"]
    document = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": priority}}
    workloads.client.patch(PriorityClass, priority, {**document, "value": 1000}, patch_type=PatchType.APPLY)
    document = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": runtime}}
    workloads.client.patch(RuntimeClass, runtime, {**document, "handler": "nvidia"}, patch_type=PatchType.APPLY)


def fetching(said: Document) -> Document:
    """Return all that documents have for the container that fetches weights, with mounts of the same volumes."""
    container = said.get("container", {})
    return {"env": COMPLETE_ENV} | {key: container[key] for key in ("envFrom", "volumeMounts") if key in container}


def applied_pods(workloads: Workloads, said: Document, topology: Document, *, engine: Document) -> list[Document]:
    """Apply what Slicewise makes of documents that say this of their pods, and return the pods."""
    whole = pool("p", nodeSelector={POOL_LABEL: "whole"}, nodeCount=2, multiNodeCapable=True)
    served = model("m", profile("any", **topology), cpu="2", memory="4Gi")
    served["spec"] |= {"pod": said, "storageInitializer": fetching(said)}
    served["spec"]["serving"][0]["engine"] = engine
    deployed = deployment("d", "m", namespace=workloads.namespace)
    deployed["metadata"] |= METADATA
    fleet = fleet_of([environment("e", whole), served, deployed])
    workloads.apply_planned(fleet)
    count = topology.get("nodes", 1)
    try:
        workloads.wait(f"{count} pods", lambda: len(workloads.pods()) == count)
    except ControlPlaneError as error:
        events = workloads.client.list(Event, namespace=workloads.namespace)
        error.add_note("\n".join(str(each.message) for each in events if each.type == "Warning"))
        raise
    return _pods(workloads.client, workloads.namespace)


def _pods(client: Client, namespace: str) -> list[Document]:
    found = (each.to_dict() for each in client.list(Pod, namespace=namespace))
    return sorted(found, key=lambda each: str(each["metadata"]["name"]))


def lacking(wanted: Any, found: Any, path: str = "") -> list[str]:  # noqa: ANN401 - plain data
    """Return what of `wanted` is not in `found`: lists of named entries by name, and other values as they are."""
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return [f"{path}: {found!r}"]
        return [line for key, value in wanted.items() for line in lacking(value, found.get(key), f"{path}.{key}")]
    if isinstance(wanted, list) and wanted and isinstance(wanted[0], dict):
        key = next((key for key in ("mountPath", "name") if key in wanted[0]), None)
        if key:
            named = {each[key]: each for each in found or []}
            return [line for each in wanted for line in lacking(each, named.get(each[key]), f"{path}[{each[key]}]")]
        pairs = zip(wanted, found or [], strict=False)
        short = [f"{path}: {found!r}"] if len(found or []) != len(wanted) else []
        return short + [line for one, other in pairs for line in lacking(one, other, f"{path}[]")]
    # A number of devices is text in an object.
    return [] if str(wanted) == str(found) else [f"{path}: {found!r}, not {wanted!r}"]


@pytest.mark.usefixtures("classes")
@pytest.mark.parametrize("topology", SHAPES.values(), ids=SHAPES)
def test_every_field_is_in_every_pod(workloads: Workloads, topology: Document) -> None:
    said = wanted_pod()
    pods = applied_pods(workloads, said, topology, engine={"env": COMPLETE_ENV, "image": "vllm/vllm-openai:v0.23.0"})
    container = said.pop("container")
    labels, annotations, size = said.pop("labels"), said.pop("annotations"), said.pop("shmSize")
    for pod in pods:
        leads = pod["metadata"]["labels"].get("leaderworkerset.sigs.k8s.io/worker-index", "0") == "0"
        spec = pod["spec"]
        (main,) = (each for each in spec["containers"] if each["name"] == "main")
        fetches = [each for each in spec["initContainers"] if each["name"] == "storage-initializer"]
        assert lacking(said, spec) == []
        assert lacking({"labels": labels, "annotations": annotations}, pod["metadata"]) == []
        assert lacking(METADATA, pod["metadata"]) == []
        probes = {name: main.get(name) for name in PROBES}
        asked = {key: value for key, value in container.items() if leads or key not in PROBES}
        assert lacking({**asked, "env": COMPLETE_ENV}, main) == []
        paths = {each["httpGet"]["path"] for each in probes.values() if each}
        assert paths == ({"/health"} if leads else set())
        assert [lacking(fetching({"container": container}), each) for each in fetches] == [[]]
        (shm,) = (each["name"] for each in main["volumeMounts"] if each["mountPath"] == "/dev/shm")  # noqa: S108
        assert [each["emptyDir"] for each in spec["volumes"] if each["name"] == shm] == [
            {"medium": "Memory", "sizeLimit": size}
        ]


@pytest.mark.parametrize("topology", SHAPES.values(), ids=SHAPES)
def test_a_threshold_alone_changes_nothing_else_of_a_probe(workloads: Workloads, topology: Document) -> None:
    said = {"container": {"startupProbe": {"failureThreshold": 360}, "livenessProbe": {"timeoutSeconds": 5}}}
    pods = applied_pods(workloads, said, topology, engine={})
    (main,) = (each for each in pods[0]["spec"]["containers"] if each["name"] == "main")
    assert main["startupProbe"]["httpGet"]["port"] == 8000
    assert (main["startupProbe"]["periodSeconds"], main["startupProbe"]["failureThreshold"]) == (10, 360)
    assert (main["livenessProbe"]["httpGet"]["path"], main["livenessProbe"]["timeoutSeconds"]) == ("/health", 5)


@pytest.mark.parametrize("topology", SHAPES.values(), ids=SHAPES)
def test_a_command_of_ones_own_runs_in_every_pod_with_its_arguments_alone(
    workloads: Workloads, topology: Document
) -> None:
    engine = {
        "image": "ghcr.io/ggml-org/llama.cpp:server",
        "command": ["/app/serve"],
        "args": ["--port", "8000"],
    }
    for pod in applied_pods(workloads, {}, topology, engine=engine):
        (main,) = (each for each in pod["spec"]["containers"] if each["name"] == "main")
        assert (main["image"], main["command"], main["args"]) == (engine["image"], engine["command"], engine["args"])
