"""Lies about disk, devices, pods and weights, told of a real cluster: each is found, and its remedy, followed, ends it."""

from __future__ import annotations

import copy
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from lightkube.resources.apps_v1 import DaemonSet, Deployment
from lightkube.resources.core_v1 import ConfigMap, Event, Node, NodeStatus, PersistentVolumeClaim, Pod
from lightkube.types import PatchType

from embedded.cluster import EmbeddedCluster
from embedded.kserve_settings import NAMESPACE
from embedded.labelled_nodes import H100, H100_1G, gfd_mixed
from tests.cluster.workloads import POOL_LABEL, Workloads
from tests.documents import Document, deployment, fleet_of, model, profile
from tests.unit.cli.running import slicewise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lightkube import Client
    from lightkube.core.resource import Resource

pytestmark = pytest.mark.xdist_group("cluster")

TINY = gfd_mixed("tiny", 2, H100, H100_1G, labels={POOL_LABEL: "tiny"})
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

    def documents(self, source: Document | None = None, replicas: int = 1, **allocatable: object) -> list[Document]:
        """Return the environment with this in its pool's allocatable, and a deployment of a model from `source`."""
        site = copy.deepcopy(self.environment)
        (pool,) = site["spec"]["nodePools"]
        pool["allocatable"] |= allocatable
        served = model("m", profile("any", memoryPerGpu="8Gi", mig="only"), cpu="1", memory="1Gi")
        if source:
            del served["spec"]["huggingFace"]
            served["spec"] |= copy.deepcopy(source)
        return [site, served, deployment("chat", "m", replicas=replicas, namespace=self.namespace)]

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
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster.start(tmp_path_factory.mktemp("followed"), [TINY]) as cluster:
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
    for values in (resources, {name: before(name) for name in resources}):
        if values is not resources:
            yield
        status = {"status": {"allocatable": values, "capacity": values}}
        site.client.patch(NodeStatus, node, status, patch_type=PatchType.MERGE)


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
