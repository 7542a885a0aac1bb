"""What pods ask for beside GPUs, CPU and memory: in the real CRD, in the workloads that KServe makes, and counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap
from lightkube.types import PatchType

from embedded.kserve_settings import NAMESPACE
from embedded.leader_worker_set import LeaderWorkerSet
from slicewise.documents import MODEL_IMAGE_CPU, MODEL_IMAGE_MEMORY
from slicewise.kubernetes import canonical
from tests.cluster.workloads import POOL_LABEL
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile

if TYPE_CHECKING:
    from tests.cluster.workloads import Workloads

pytestmark = pytest.mark.xdist_group("cluster-pods")


def made(workloads: Workloads, served: Document, own: Document, **of_pool: Any) -> list[Document]:  # noqa: ANN401
    """Return the pod specs in what KServe makes of a deployment."""
    whole = pool("p", nodeSelector={POOL_LABEL: "whole"}, nodeCount=2, multiNodeCapable=True, **of_pool)
    wanted = deployment("d", "m", namespace=workloads.namespace, pod=own)
    workloads.apply_planned(fleet_of([environment("e", whole), served, wanted]))
    found: list[Document] = []

    def there() -> bool:
        plain = workloads.client.list(Deployment, namespace=workloads.namespace)
        found[:] = [each.to_dict()["spec"]["template"]["spec"] for each in plain]
        for group in workloads.client.list(LeaderWorkerSet, namespace=workloads.namespace):
            template = group["spec"]["leaderWorkerTemplate"]
            found.extend(template[role]["spec"] for role in ("leaderTemplate", "workerTemplate"))
        return bool(found)

    workloads.wait("a workload", there)
    return found


def limits(pod: Document) -> Document:
    main: Document = pod["containers"][0]["resources"]["limits"]
    return main


def test_the_device_between_nodes_is_in_leader_and_worker(workloads: Workloads) -> None:
    wide = model("m", profile("any", nodes=2, gpusPerNode=8, interNodeBandwidth="400g"), cpu="2", memory="4Gi")
    pods = made(
        workloads,
        wide,
        {},
        interNodeBandwidth="ib-400g",
        interNodeDevice={"resource": "rdma/ib", "count": 2, "env": [{"name": "NCCL_IB_HCA", "value": "mlx5"}]},
        allocatable={"extendedResources": {"rdma/ib": 8}},
    )
    assert [limits(each)["rdma/ib"] for each in pods] == ["2", "2"]
    variables = [{env["name"]: env.get("value") for env in each["containers"][0]["env"]} for each in pods]
    assert [each["NCCL_IB_HCA"] for each in variables] == ["mlx5", "mlx5"]


def test_a_container_asks_for_what_documents_say(workloads: Workloads) -> None:
    """The deployment's own request of a device replaces the pool's; the rest is merged."""
    small = model("m", cpu="2", memory="4Gi")
    of_pool = {
        "container": {"resources": {"limits": {"rdma/ib": 4, "hugepages-2Mi": "64Mi"}, "requests": {"rdma/ib": 4}}}
    }
    own: Document = {
        "container": {"resources": {"limits": {"rdma/ib": 1}, "requests": {"ephemeral-storage": "10Gi"}}},
    }
    has = {"ephemeralStorage": "100Gi", "extendedResources": {"rdma/ib": 8, "hugepages-2Mi": "1Gi"}}
    (pod,) = made(workloads, small, own, pod=of_pool, allocatable=has)
    assert (limits(pod)["rdma/ib"], limits(pod)["hugepages-2Mi"]) == ("1", "64Mi")
    assert pod["containers"][0]["resources"]["requests"] == {"ephemeral-storage": "10Gi"}


def test_an_image_of_weights_takes_what_is_counted_for_it(workloads: Workloads) -> None:
    settings = workloads.client.get(ConfigMap, "inferenceservice-config", namespace=NAMESPACE)
    before = (settings.data or {})["storageInitializer"]

    def write(text: str) -> None:
        patch = {"data": {"storageInitializer": text}}
        workloads.client.patch(
            ConfigMap, "inferenceservice-config", patch, namespace=NAMESPACE, patch_type=PatchType.MERGE
        )

    served = model("m", cpu="2", memory="4Gi")
    del served["spec"]["huggingFace"]
    served["spec"] |= {"source": "OCI", "oci": {"image": "registry.example.com/models/m:v1"}}
    write(json.dumps({**json.loads(before), "enableModelcar": True}))
    try:
        (pod,) = made(workloads, served, {})
    finally:
        write(before)
    (beside,) = [
        each for each in (*pod["containers"][1:], *pod.get("initContainers", [])) if each["name"] == "modelcar"
    ]
    assert beside["resources"]["requests"] == {
        "cpu": canonical(MODEL_IMAGE_CPU),
        "memory": canonical(MODEL_IMAGE_MEMORY),
    }
