"""Configs of baseRefs on the real controller: how KServe merges them, and that `verify` says the same beforehand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from lightkube.resources.apps_v1 import Deployment
from lightkube.types import PatchType

from embedded.cluster import EmbeddedCluster
from embedded.kserve_kinds import LLMInferenceService, LLMInferenceServiceConfig
from embedded.labelled_nodes import gfd
from tests.cluster.workloads import POOL_LABEL, Workloads, more_nodes
from tests.documents import Document, deployment, fleet_of, model, profile
from tests.unit.cli.running import slicewise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


pytestmark = pytest.mark.xdist_group("cluster-nodes")

NODES = gfd("own-configs", 1, "h100-80gb/all-1g.10gb/mixed", labels={POOL_LABEL: "own-configs"})
SLICE = "nvidia.com/mig-1g.10gb"
OTHER = "nvidia.com/mig-3g.40gb"


@pytest.fixture(scope="module")
def workloads(without_nodes: EmbeddedCluster) -> Iterator[Workloads]:
    with (
        more_nodes(without_nodes, [NODES]),
        Workloads.in_namespace(without_nodes.plane, "own-configs") as workloads,
    ):
        yield workloads


def main(**resources: Document) -> Document:
    return {"containers": [{"name": "main", "resources": resources}]}


def written(workloads: Workloads, name: str, config: Document) -> list[Document]:
    """Create a config, and return documents with a deployment of one replica that refers to it."""
    run = slicewise("discover", "--kubeconfig", str(workloads.plane.kubeconfig_path), "--name", "own-configs")
    document = {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceServiceConfig",
        "metadata": {"name": name},
        "spec": config,
    }
    workloads.client.patch(
        LLMInferenceServiceConfig, name, document, namespace=workloads.namespace, patch_type=PatchType.APPLY
    )
    served = model("m", profile("any", memoryPerGpu="8Gi", mig="only"), cpu="1", memory="1Gi")
    served["spec"]["baseRefs"] = [{"name": name}]
    return [yaml.safe_load(run.stdout), served, deployment(name, "m", replicas=1, namespace=workloads.namespace)]


def told(workloads: Workloads, documents: list[Document], directory: Path) -> list[str]:
    """Return what `slicewise verify` says of the configs."""
    file = directory / "documents.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    run = slicewise("verify", str(file), "--kubeconfig", str(workloads.plane.kubeconfig_path), "--output", "json")
    assert run.stderr == ""
    found = json.loads(run.stdout)["findings"]
    assert {each["code"] for each in found} <= {"SW665"}
    return [each["message"] for each in found]


def pod_specs(workloads: Workloads, name: str) -> dict[str, Any]:
    """Return the pods of the Deployments that KServe has made of a service, by name."""
    found = workloads.client.list(Deployment, namespace=workloads.namespace)
    specs = {each.to_dict()["metadata"]["name"]: each.to_dict()["spec"]["template"]["spec"] for each in found}
    return {key: spec for key, spec in specs.items() if key.startswith(f"{name}-kserve")}


def complaint(workloads: Workloads, name: str) -> str:
    """Return what KServe says of a service of which it makes no pods; empty as long as it says nothing."""
    service = workloads.client.get(LLMInferenceService, name, namespace=workloads.namespace)
    conditions = (service.get("status") or {}).get("conditions", [])
    return " ".join(each.get("message", "") for each in conditions if each["status"] == "False")


@pytest.mark.parametrize(
    ("name", "config", "said"),
    [
        ("other-slice", {"template": main(limits={OTHER: "1"})}, f"1 {OTHER} more than the plan counts"),
        ("same-slice", {"template": main(limits={SLICE: "4", "cpu": "99"})}, None),
        ("prefill", {"prefill": {"replicas": 1, "template": main(limits={SLICE: "1"})}}, "it has a prefill workload"),
        ("labels", {"template": {"nodeSelector": {"disk": "fast"}}}, "disk=fast, which 0 of the pool's 1 have"),
        ("replicas", {"replicas": 3, "template": {"tolerations": [{"key": "a", "operator": "Exists"}]}}, None),
    ],
)
def test_what_a_config_says_alone_reaches_the_pods(
    workloads: Workloads, tmp_path: Path, name: str, config: Document, said: str | None
) -> None:
    documents = written(workloads, name, config)
    messages = told(workloads, documents, tmp_path)
    assert len(messages) == bool(said)
    assert (said or "") in "".join(messages)
    workloads.apply_planned(fleet_of(documents))
    number = 1 + (name == "prefill")
    workloads.wait(f"{number} of {name}", lambda: len(pod_specs(workloads, name)) == number)
    spec = pod_specs(workloads, name)[f"{name}-kserve"]
    (container,) = spec["containers"]
    more = {OTHER: "1"} if name == "other-slice" else {}
    assert container["resources"]["limits"] == {"cpu": "1", "memory": "1Gi", SLICE: "1", **more}
    assert ("disk" in spec["nodeSelector"]) == (name == "labels")
    assert [each["key"] for each in spec["tolerations"]] == ["nvidia.com/gpu"]
    made = workloads.client.get(Deployment, f"{name}-kserve", namespace=workloads.namespace)
    assert made.to_dict()["spec"]["replicas"] == 1
    workloads.delete(name)


@pytest.mark.parametrize(
    ("name", "config", "said", "refusal"),
    [
        (
            "request",
            {"template": main(requests={"cpu": "30"})},
            "requests 30 of cpu for container main",
            "must be less than or equal to cpu limit",
        ),
        ("worker", {"worker": main()}, "it has a worker", "spec.worker"),
    ],
)
def test_what_no_pods_are_made_of_is_said_before(
    workloads: Workloads, tmp_path: Path, name: str, config: Document, said: str, refusal: str
) -> None:
    documents = written(workloads, name, config)
    (message,) = told(workloads, documents, tmp_path)
    assert said in message
    workloads.apply_planned(fleet_of(documents))
    workloads.wait(f"a refusal of {name}", lambda: refusal in complaint(workloads, name))
    assert pod_specs(workloads, name) == {}
    workloads.delete(name)
    # The remedy: without it.
    without = written(workloads, name, {"template": {"terminationGracePeriodSeconds": 40}})
    assert told(workloads, without, tmp_path) == []
