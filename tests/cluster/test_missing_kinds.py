"""Kinds that a real API server does not serve, or in another version: each is told, and installing it ends that."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx2
import pytest
import yaml
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.resources.core_v1 import Namespace, NodeStatus
from lightkube.types import PatchType

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.custom_resources import install_definitions
from embedded.deadlines import wait_until
from embedded.fake_nodes import add_nodes
from embedded.gateway_api import install_gateway_api_crds
from embedded.kserve_kinds import install_kserve_crds, kserve_source
from embedded.labelled_nodes import gfd
from embedded.leader_worker_set import install_lws_crds
from tests.cluster.conftest import plain_client
from tests.cluster.workloads import POOL_LABEL
from tests.documents import Document, deployment, model, profile
from tests.engine.keda import install_keda_crds
from tests.unit.cli.running import slicewise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lightkube import Client

pytestmark = pytest.mark.long

NAMESPACE: Final = "needs"
NODES: Final = gfd("whole", 2, "h100-80gb/whole/mixed", labels={POOL_LABEL: "whole"})
READY: Final = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
KSERVE: Final = "llminferenceservices.serving.kserve.io"
SECONDS: Final = 300


@dataclass(frozen=True)
class Bare:
    """A cluster that has GPUs, and nothing of what KServe needs."""

    plane: ControlPlane
    client: Client
    raw: httpx2.Client
    environment: Document

    def verify(self, directory: Path, documents: list[Document]) -> list[Document]:
        """Return what `slicewise verify` finds for some documents in its environment."""
        file = directory / "documents.yaml"
        file.write_text(yaml.safe_dump_all([self.environment, *documents]))
        run = slicewise("verify", str(file), "--kubeconfig", str(self.plane.kubeconfig_path), "--output", "json")
        assert run.stderr == ""
        found: list[Document] = json.loads(run.stdout)["findings"]
        return found

    def told(self, directory: Path, documents: list[Document]) -> tuple[str, str]:
        """Return message and remedy of the one finding, an error."""
        (told,) = self.verify(directory, documents)
        assert (told["code"], told["severity"]) == ("SW618", "error")
        return told["message"], told["remedy"]

    def serve(self, definition: Document) -> None:
        """Serve a kind as `definition` has it."""
        name, spec = definition["metadata"]["name"], definition["spec"]
        self.client.patch(CustomResourceDefinition, name, definition, patch_type=PatchType.APPLY)
        path = f"/apis/{spec['group']}/{spec['versions'][0]['name']}"
        wait_until(f"{name} served", lambda: spec["names"]["kind"] in self.raw.get(path).text, SECONDS)

    def remove(self, definition: str) -> None:
        """Remove a definition with the others of its group, and wait until they are gone and the group is not served.

        The group goes first: what is applied to a definition that is still there goes with it.
        """
        group = definition.partition(".")[2]
        for name in self._definitions(group):
            self.client.delete(CustomResourceDefinition, name)
        wait_until(f"no {group}", lambda: f'"{group}"' not in self.raw.get("/apis").text, SECONDS)
        wait_until(f"no definitions of {group}", lambda: not self._definitions(group), SECONDS)

    def _definitions(self, group: str) -> list[str]:
        found = self.client.list(CustomResourceDefinition)
        return [str(each.metadata.name) for each in found if each.metadata and each.spec.group == group]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    with ControlPlane.start(tmp_path_factory.mktemp("bare")) as plane, connect(plane) as client:
        add_nodes(plane, [NODES])
        for name in NODES.node_names():
            client.patch(NodeStatus, name, READY, patch_type=PatchType.MERGE)
        client.create(Namespace(metadata=ObjectMeta(name=NAMESPACE)))
        run = slicewise("discover", "--kubeconfig", str(plane.kubeconfig_path), "--name", "bare")
        assert run.returncode == 0, run.stderr
        environment = yaml.safe_load(run.stdout)
        environment["spec"]["nodePools"][0]["capabilities"]["multiNodeCapable"] = True
        with plain_client(client) as raw:
            yield Bare(plane, client, raw, environment)


def install_inference_extension(client: Client) -> None:
    """Apply the definitions that KServe tests itself with."""
    install_definitions(client, [kserve_source() / "test/crds/gateway-inference-extension.yaml"], ())


def in_version(name: str, kind: str, version: str) -> Document:
    """Return the definition of a kind in one version only, for any objects."""
    plural, _, group = name.partition(".")
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        # The API server asks it of groups of Kubernetes' own.
        "metadata": {"name": name, "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"}},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [{"name": version, "served": True, "storage": True, "schema": schema}],
        },
    }


def serving(more: Document, **topology: object) -> list[Document]:
    """Return a deployment on whole GPUs, and its model."""
    served = model("m", profile("any", memoryPerGpu="70Gi", **topology), cpu="1", memory="1Gi")
    return [served, deployment("chat", "m", namespace=NAMESPACE, **more)]


SCALING: Final = {"signal": "Concurrency", "concurrency": {"maxReplicas": 2, "target": 8}}
ROUTED: Final = {"router": {"enabled": True}}
PICKED: Final = {"router": {"enabled": True, "scheduler": True}}
# What the documents say, the kind's definition, the kind, an older version of it, what is to be installed, and how.
CASES: Final[dict[str, tuple[list[Document], str, str, str, str, Callable[[Bare], object]]]] = {
    "groups of nodes": (
        serving({}, nodes=2, gpusPerNode=8),
        "leaderworkersets.leaderworkerset.x-k8s.io",
        "LeaderWorkerSet",
        "v1alpha1",
        "LeaderWorkerSet (https://lws.sigs.k8s.io; 0.9.0 is tested)",
        lambda bare: install_lws_crds(bare.client),
    ),
    "autoscaling": (
        serving({"scaling": SCALING}),
        "scaledobjects.keda.sh",
        "ScaledObject",
        "v1alpha0",
        "KEDA (2.20 or newer)",
        lambda bare: install_keda_crds(bare.plane),
    ),
    "routes": (
        serving(ROUTED),
        "httproutes.gateway.networking.k8s.io",
        "HTTPRoute",
        "v1beta1",
        "Gateway API",
        lambda bare: install_gateway_api_crds(bare.client),
    ),
    "an endpoint picker": (
        serving(PICKED),
        "inferencepools.inference.networking.k8s.io",
        "InferencePool",
        "v1alpha2",
        "the inference extension of Gateway API",
        lambda bare: install_inference_extension(bare.client),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_kserve_needs_of_others(bare: Bare, name: str, tmp_path: Path) -> None:
    documents, definition, kind, older, what, install = CASES[name]
    install_kserve_crds(bare.plane)
    if name == "an endpoint picker":
        install_gateway_api_crds(bare.client)
    bare.remove(definition)
    message, remedy = bare.told(tmp_path, documents)
    assert message.startswith(f"the API server does not serve {kind} (")
    assert "only other versions" not in message
    assert f"{NAMESPACE}/chat" in message
    assert remedy.startswith(f"install in the cluster: {what}")
    # Nobody is told who does not need it.
    assert bare.verify(tmp_path, serving({"router": {"enabled": False}})) == []
    bare.serve(in_version(definition, kind, older))
    message, remedy = bare.told(tmp_path, documents)
    group = definition.partition(".")[2]
    assert f", only other versions or kinds of {group}/{older}, " in message
    assert remedy.startswith(f"install or upgrade in the cluster: {what}")
    bare.remove(definition)
    install(bare)
    assert bare.verify(tmp_path, documents) == []


def test_kserve_itself(bare: Bare, tmp_path: Path) -> None:
    documents = serving({})
    bare.remove(KSERVE)
    message, remedy = bare.told(tmp_path, documents)
    assert "does not serve LLMInferenceService (serving.kserve.io/v1alpha2), and 1 placement" in message
    assert remedy == "install in the cluster: KServe 0.20 with its LLMInferenceService controller"
    bare.serve(in_version(KSERVE, "LLMInferenceService", "v1alpha1"))
    message, remedy = bare.told(tmp_path, documents)
    assert "(serving.kserve.io/v1alpha2), only other versions or kinds of serving.kserve.io/v1alpha1, and" in message
    assert remedy.startswith("install or upgrade in the cluster: KServe 0.20")
    bare.remove(KSERVE)
    install_kserve_crds(bare.plane)
    assert bare.verify(tmp_path, documents) == []
