"""Lies about disk, devices, pods and weights of a real cluster: each is found, and its remedy, followed, ends it."""

from __future__ import annotations

import copy
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from lightkube.generic_resource import create_global_resource
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import DaemonSet, Deployment
from lightkube.resources.core_v1 import ConfigMap, Event, Node, NodeStatus, PersistentVolumeClaim, Pod
from lightkube.types import PatchType

from embedded.cluster import EmbeddedCluster
from embedded.kserve_settings import NAMESPACE
from embedded.labelled_nodes import gfd
from tests.cluster.workloads import POOL_LABEL, Workloads
from tests.documents import Document, deployment, fleet_of, model, profile
from tests.unit.cli.running import slicewise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from lightkube import Client
    from lightkube.core.resource import Resource


TINY = gfd("tiny", 2, "h100-80gb/all-1g.10gb/mixed", labels={POOL_LABEL: "tiny"})
UNITS = 56
FIRST, SECOND = TINY.node_names()
CLAIM = {"source": "PersistentVolumeClaim", "persistentVolumeClaim": {"name": "weights"}}
IMAGE = {"source": "OCI", "oci": {"image": "registry.example.com/models/m:v1"}}
SETTINGS = "inferenceservice-config"
# What a remedy writes into a pool's allocatable, and what it has left out.
WRITTEN = re.compile(r"write allocatable\.(\w+): (\{[^}]+\}|\w+)")
LEFT_OUT = re.compile(r"^leave (\S+) out of allocatable(\.extendedResources)?$")


@dataclass
class Site:
    """A cluster of this module's own, the environment that `discover` writes of it, and a namespace."""

    workloads: Workloads
    environment: Document
    directory: Path

    @property
    def client(self) -> Client:
        """A client of the cluster."""
        return self.workloads.client

    @property
    def namespace(self) -> str:
        """The deployment's namespace."""
        return self.workloads.namespace

    def documents(
        self, source: Document | None = None, replicas: int = 1, name: str = "chat", **allocatable: object
    ) -> list[Document]:
        """Return the environment with this in its pool's allocatable, and a deployment of a model from `source`."""
        site = copy.deepcopy(self.environment)
        (pool,) = site["spec"]["nodePools"]
        pool["allocatable"] |= allocatable
        served = model("m", profile("any", memoryPerGpu="8Gi", mig="only"), cpu="1", memory="1Gi")
        if source:
            del served["spec"]["huggingFace"]
            served["spec"] |= copy.deepcopy(source)
        return [site, served, deployment(name, "m", replicas=replicas, namespace=self.namespace)]

    def verify(self, documents: list[Document]) -> list[Document]:
        """Return what `slicewise verify` finds."""
        file = self.directory / "documents.yaml"
        file.write_text(yaml.safe_dump_all(documents))
        kubeconfig = str(self.workloads.plane.kubeconfig_path)
        run = slicewise("verify", str(file), "--kubeconfig", kubeconfig, "--output", "json")
        assert run.stderr == ""
        found: list[Document] = json.loads(run.stdout)["findings"]
        assert (run.returncode == 4) == any(each["severity"] == "error" for each in found)
        return found

    def told(self, documents: list[Document], code: str, severity: str) -> Document:
        """Return the one finding, which must have this code and severity."""
        found = self.verify(documents)
        assert [(each["code"], each["severity"]) for each in found] == [(code, severity)]
        return found[0]

    def create(self, kind: type[Resource], document: Document) -> Any:  # noqa: ANN401 - of any kind
        """Create an object in the namespace."""
        document["metadata"]["namespace"] = self.namespace
        return self.client.create(kind.from_dict(document))  # type: ignore[attr-defined]

    def claim(self, name: str, mode: str, phase: str = "Bound") -> None:
        """Create a claim, which nothing but this binds."""
        spec = {"accessModes": [mode], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "none"}
        self.create(PersistentVolumeClaim, {"metadata": {"name": name}, "spec": spec})
        if phase != "Pending":
            self.bind(name, mode, phase)

    def bind(self, name: str, mode: str, phase: str = "Bound") -> None:
        """Give a claim a volume, by its status."""
        status = {"status": {"phase": phase, "accessModes": [mode], "capacity": {"storage": "1Gi"}}}
        self.client.patch(
            PersistentVolumeClaim.Status, name, status, namespace=self.namespace, patch_type=PatchType.MERGE
        )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, kinds: Path) -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster.start(tmp_path_factory.mktemp("followed"), [TINY], data=kinds) as cluster:
        yield cluster


@pytest.fixture
def site(cluster: EmbeddedCluster, numbers: Iterator[int], tmp_path: Path) -> Iterator[Site]:
    with Workloads.in_namespace(cluster.plane, f"followed-{next(numbers)}") as workloads:
        run = slicewise("discover", "--kubeconfig", str(cluster.plane.kubeconfig_path), "--name", "followed")
        assert run.returncode == 0, run.stderr
        yield Site(workloads, yaml.safe_load(run.stdout), tmp_path)


@contextmanager
def offering(site: Site, node: str, **resources: str) -> Iterator[None]:
    """Have a node offer other resources for a while."""
    before = (site.client.get(Node, node).to_dict()["status"]["allocatable"]).get

    def offer(values: Mapping[str, str | None]) -> None:
        status = {"status": {"allocatable": values, "capacity": values}}
        site.client.patch(NodeStatus, node, status, patch_type=PatchType.MERGE)

    offer(resources)
    try:
        yield
    finally:
        offer({name: before(name) for name in resources})


def followed(documents: list[Document], remedy: str) -> list[Document]:
    """Return the documents with what a remedy says of the pool's allocatable."""
    rewritten = copy.deepcopy(documents)
    (pool,) = rewritten[0]["spec"]["nodePools"]
    allocatable = pool["allocatable"]
    if left_out := LEFT_OUT.match(remedy):
        del (allocatable["extendedResources"] if left_out[2] else allocatable)[left_out[1]]
    else:
        field, value = WRITTEN.search(remedy or "").groups()  # type: ignore[union-attr]
        allocatable[field] = yaml.safe_load(value)
    return rewritten


def test_disk(site: Site) -> None:
    with (
        offering(site, FIRST, **{"ephemeral-storage": "500Gi"}),
        offering(site, SECOND, **{"ephemeral-storage": "2Ti"}),
    ):
        documents = site.documents(ephemeralStorage="1Ti")
        told = site.told(documents, "SW639", "warning")
        assert told["message"].endswith(f"({FIRST}) has less: 500Gi on {FIRST}")
        # Less than what is there is no lie that anybody is harmed by.
        assert site.verify(site.documents(ephemeralStorage="400Gi")) == []
        assert site.verify(followed(documents, told["remedy"])) == []


def test_disk_that_no_node_says_anything_of(site: Site) -> None:
    documents = site.documents(ephemeralStorage="1Ti")
    told = site.told(documents, "SW639", "warning")
    assert told["remedy"] == "leave ephemeralStorage out of allocatable"
    assert site.verify(followed(documents, told["remedy"])) == []


@pytest.mark.parametrize("there", [4, 0])
def test_devices(site: Site, there: int) -> None:
    with offering(site, FIRST, **{"rdma/ib": str(there)}), offering(site, SECOND, **{"rdma/ib": "8"}):
        documents = site.documents(extendedResources={"rdma/ib": 8})
        told = site.told(documents, "SW639", "warning")
        assert site.verify(followed(documents, told["remedy"])) == []
        assert site.verify(site.documents(extendedResources={"rdma/ib": there} if there else {})) == []


def test_pods_beside_those_of_daemons(site: Site) -> None:
    """60 pods a node are enough for 56 slices, until five of them are those of a DaemonSet and of the node itself."""
    with offering(site, FIRST, pods="60"):
        assert site.verify(site.documents()) == []
        daemons(site, FIRST, 4)
        assert site.verify(site.documents()) == []
        static(site, FIRST)
        told = site.told(site.documents(), "SW631", "warning")
        assert f"55 pods and {UNITS} units on {FIRST}, beside 5 pods of daemons" in told["message"]
        assert site.verify(followed(site.documents(), told["remedy"])) == []
        # What is declared is less than there is.
        assert site.verify(site.documents(pods=40)) == []


def test_gpus_of_the_dra_driver(site: Site) -> None:
    """Its ResourceSlices tell such a node from one without a device plugin, which is the remedy."""
    kind = create_global_resource("resource.k8s.io", "v1", "ResourceSlice", "resourceslices")
    spec = {
        "driver": "gpu.nvidia.com",
        "nodeName": FIRST,
        "pool": {"name": FIRST, "generation": 1, "resourceSliceCount": 1},
        "devices": [{"name": "gpu-0-mig-1g10gb-19-0"}],
    }
    with offering(site, FIRST, **{"nvidia.com/mig-1g.10gb": "0"}):
        site.told(site.documents(), "SW604", "warning")
        site.client.create(kind(metadata=ObjectMeta(name="dra"), spec=spec))
        try:
            told = site.told(site.documents(), "SW648", "warning")
            assert "NVIDIA's DRA driver has them" in told["message"]
            assert told["remedy"].startswith("write allocation: claim (from Kubernetes 1.34)")
            assert "or run NVIDIA's device plugin on these nodes in place of" in told["remedy"]
        finally:
            site.client.delete(kind, "dra")
    assert site.verify(site.documents()) == []


def daemons(site: Site, node: str, count: int) -> None:
    """Put pods of a DaemonSet on a node; its controller does not run here."""
    labels = {"matchLabels": {"app": "every"}}
    template = {"metadata": {"labels": {"app": "every"}}, "spec": {"containers": [{"name": "main", "image": "x"}]}}
    made = site.create(DaemonSet, {"metadata": {"name": "every"}, "spec": {"selector": labels, "template": template}})
    for number in range(count):
        _owned(site, f"every-{number}", node, "apps/v1", "DaemonSet", "every", made.metadata.uid)


def static(site: Site, node: str) -> None:
    """Put the mirror of a static pod on a node."""
    found = site.client.get(Node, node)
    assert found.metadata
    _owned(site, f"proxy-{node}", node, "v1", "Node", node, str(found.metadata.uid))


def _owned(site: Site, name: str, node: str, version: str, kind: str, owner: str, uid: str) -> None:
    owners = [{"apiVersion": version, "kind": kind, "name": owner, "uid": uid, "controller": True}]
    spec = {"nodeName": node, "containers": [{"name": "main", "image": "x"}]}
    site.create(Pod, {"metadata": {"name": name, "ownerReferences": owners}, "spec": spec})


def test_a_claim_that_is_not_there(site: Site) -> None:
    told = site.told(site.documents(CLAIM), "SW640", "error")
    assert f"create it in namespace {site.namespace} with the weights on it" in told["remedy"]
    site.claim("weights", "ReadOnlyMany")
    assert site.verify(site.documents(CLAIM)) == []


@pytest.mark.parametrize(("phase", "severity"), [("Pending", "warning"), ("Lost", "error")])
def test_a_claim_without_a_volume(site: Site, phase: str, severity: str) -> None:
    site.claim("weights", "ReadWriteMany", phase)
    site.told(site.documents(CLAIM), "SW641", severity)
    site.bind("weights", "ReadWriteMany")
    assert site.verify(site.documents(CLAIM)) == []


@pytest.mark.parametrize("mode", ["ReadOnlyMany", "ReadWriteMany"])
def test_a_claim_for_one_node(site: Site, mode: str) -> None:
    site.claim("weights", "ReadWriteOnce")
    assert site.verify(site.documents(CLAIM, replicas=1)) == []
    told = site.told(site.documents(CLAIM, replicas=2), "SW642", "error")
    assert told["remedy"] == "use a claim with ReadOnlyMany or ReadWriteMany, or another source"
    site.claim("shared", mode)
    shared = CLAIM | {"persistentVolumeClaim": {"name": "shared"}}
    assert site.verify(site.documents(shared, replicas=2)) == []
    assert site.verify(site.documents(replicas=2)) == []


@contextmanager
def initializing(site: Site, **written: object) -> Iterator[None]:
    """Have KServe's settings have this of weights in images for a while."""
    before = (site.client.get(ConfigMap, SETTINGS, namespace=NAMESPACE).data or {})["storageInitializer"]
    write_settings(site, {**json.loads(before), **written})
    try:
        yield
    finally:
        write_settings(site, json.loads(before))


def write_settings(site: Site, settings: Document) -> None:
    patch = {"data": {"storageInitializer": json.dumps(settings)}}
    site.client.patch(ConfigMap, SETTINGS, patch, namespace=NAMESPACE, patch_type=PatchType.MERGE)


def settings_now(site: Site) -> Document:
    text = (site.client.get(ConfigMap, SETTINGS, namespace=NAMESPACE).data or {})["storageInitializer"]
    found: Document = json.loads(text)
    return found


def made(site: Site) -> bool:
    """Return whether KServe's controller has made a workload."""
    return bool(list(site.client.list(Deployment, namespace=site.namespace)))


@pytest.mark.parametrize(
    "written",
    [
        {"enableModelcar": True},
        {"enableOciModelSupport": True},
        *({"ociModelMode": mode} for mode in ("modelcar", "native", "fetch")),
        {"EnableModelCar": True},
    ],
    ids=str,
)
def test_images_that_kserve_takes(site: Site, written: Document) -> None:
    with initializing(site, **written):
        assert site.verify(site.documents(IMAGE)) == []
        site.workloads.apply_planned(fleet_of(site.documents(IMAGE)))
        site.workloads.wait("a workload", lambda: made(site))


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ({}, "OCI modelcars is not enabled"),
        ({"enableModelcar": False, "enableOciModelSupport": False, "ociModelMode": ""}, "OCI modelcars is not enabled"),
        ({"enableModelcar": True, "ociModelMode": "sidecar"}, 'invalid "storageInitializer".ociModelMode "sidecar"'),
    ],
    ids=str,
)
def test_images_that_kserve_does_not_take(site: Site, written: Document, reason: str) -> None:
    def said() -> bool:
        events = site.client.list(Event, namespace=site.namespace)
        return any(reason in (each.message or "") for each in events)

    with initializing(site, **written):
        told = site.told(site.documents(IMAGE), "SW643", "error")
        site.workloads.apply_planned(fleet_of(site.documents(IMAGE)))
        site.workloads.wait("a refusal", said)
        assert not made(site)
        # One of the other sources.
        assert site.verify(site.documents()) == []
        if match := re.match(r'write ("\w+": \w+) in storageInitializer of ', told["remedy"]):
            follow: Document = yaml.safe_load(f"{{{match[1]}}}")
        else:
            assert told["remedy"].startswith(
                'write one of "modelcar", "native", "fetch" there, in storageInitializer of'
            )
            follow = {"ociModelMode": "modelcar"}
        write_settings(site, settings_now(site) | follow)
        assert site.verify(site.documents(IMAGE)) == []
        # Another one: KServe tries the first again by and by, later each time.
        site.workloads.apply_planned(fleet_of(site.documents(IMAGE, name="again")))
        site.workloads.wait("a workload", lambda: made(site))


def test_settings_that_say_nothing(site: Site) -> None:
    """A cluster whose KServe has its settings elsewhere."""
    found = site.client.get(ConfigMap, SETTINGS, namespace=NAMESPACE)
    site.client.delete(ConfigMap, SETTINGS, namespace=NAMESPACE)
    try:
        told = site.told(site.documents(IMAGE), "SW621", "warning")
        assert "there is no ConfigMap kserve/inferenceservice-config" in told["message"]
        assert site.verify(site.documents()) == []
    finally:
        assert found.metadata
        found.metadata.resourceVersion = found.metadata.uid = None
        found.metadata.managedFields = None
        site.client.create(found)
