"""What the real admission says of the pods that the real KServe makes, and what verify said before."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from lightkube import ApiError
from lightkube.generic_resource import create_namespaced_resource
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import LimitRange, Namespace, Pod, ResourceQuota, ResourceQuotaStatus
from lightkube.types import PatchType

from slicewise.manifests import environment_objects
from slicewise.planning import make_plan
from tests.cluster.workloads import POOL_LABEL, Workloads
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices
from tests.unit.cli.running import slicewise
from tests.unit.docs.troubleshooting import rows_for

pytestmark = pytest.mark.xdist_group("cluster-pods")

SLICE = "nvidia.com/mig-3g.40gb"
QUOTA = f"requests.{SLICE}"
SERVICES = "count/llminferenceservices.serving.kserve.io"
LEADER_WORKER_SET = create_namespaced_resource("leaderworkerset.x-k8s.io", "v1", "LeaderWorkerSet", "leaderworkersets")
FLEET = environment(
    "here",
    slices("slices", "3g.40gb", nodeSelector={POOL_LABEL: "slices"}),
    pool("whole", nodeSelector={POOL_LABEL: "whole"}, nodeCount=2, multiNodeCapable=True),
)


def small(workloads: Workloads, replicas: int = 1) -> list[Document]:
    """Return a deployment on single slices in the test's namespace."""
    chat = deployment("chat", "small", replicas=replicas, namespace=workloads.namespace)
    return [FLEET, model("small", profile("slice", memoryPerGpu="30Gi", mig="only")), chat]


def parallel(workloads: Workloads) -> list[Document]:
    """Return a deployment with data parallelism over two nodes."""
    sizes = {"data": 2, "dataLocal": 1, "tensor": 8}
    two = profile("two", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi", parallelism=sizes)
    return [FLEET, model("large", two), deployment("chat", "large", namespace=workloads.namespace)]


def enforce(workloads: Workloads, level: str) -> None:
    labels = {"pod-security.kubernetes.io/enforce": level}
    patch = {"metadata": {"labels": labels}}
    workloads.client.patch(Namespace, workloads.namespace, patch, patch_type=PatchType.MERGE)


def refusal_of(workloads: Workloads, pod: Document) -> str:
    """Return why the API server refuses the pod, once it does: admission knows a namespace's labels from a cache."""
    refused: list[str] = []

    def is_refused() -> bool:
        apply = PatchType.APPLY
        try:
            workloads.client.patch(Pod, "one", pod, namespace=workloads.namespace, patch_type=apply, dry_run=True)
        except ApiError as error:
            refused.append(str(error))
        return bool(refused)

    workloads.wait("a refusal", is_refused)
    return refused[0]


def limit(workloads: Workloads, **rules: object) -> None:
    spec = {"limits": [{"type": "Container"} | rules]}
    document = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "sizes"}, "spec": spec}
    workloads.client.patch(LimitRange, "sizes", document, namespace=workloads.namespace, patch_type=PatchType.APPLY)


def allow(workloads: Workloads, key: str, most: str) -> None:
    """Make a quota; its controller does not run here, so what it counts is written by hand, as that one does."""
    spec = {"hard": {key: most}}
    document = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "gpus"}, "spec": spec}
    workloads.client.patch(ResourceQuota, "gpus", document, namespace=workloads.namespace, patch_type=PatchType.APPLY)
    status = {"status": {"hard": {key: most}, "used": {key: "0"}}}
    workloads.client.patch(
        ResourceQuotaStatus, "gpus", status, namespace=workloads.namespace, patch_type=PatchType.MERGE
    )


def verify(workloads: Workloads, documents: list[Document], directory: Path) -> dict[str, dict[str, Any]]:
    """Return what verify finds about the namespace, by code."""
    file = directory / "documents.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    run = slicewise("verify", str(file), "--kubeconfig", str(workloads.plane.kubeconfig_path), "--output", "json")
    assert run.stderr == ""
    findings = json.loads(run.stdout)["findings"]
    return {each["code"]: each for each in findings if each["code"] in {f"SW6{number}" for number in range(26, 31)}}


def followed(workloads: Workloads, remedy: str) -> None:
    """Do what a remedy says of the quota."""
    found = re.search(r"raise (\S+) of the quota to (\d+)", remedy)
    assert found, remedy
    allow(workloads, found[1], found[2])


def apply(workloads: Workloads, documents: list[Document]) -> None:
    fleet = fleet_of(documents)
    for each in environment_objects(fleet, make_plan(fleet))["here"]:
        workloads.apply(each)


def failed_create(workloads: Workloads) -> str:
    """Return the API server's words on a pod of the service, which the Deployment's controller has tried to make."""
    said: list[str] = []

    def failed() -> bool:
        try:
            found = workloads.client.get(Deployment, "chat-kserve", namespace=workloads.namespace)
        except ApiError:
            return False
        conditions = (found.status.conditions if found.status else None) or []
        said[:] = [each.message or "" for each in conditions if each.type == "ReplicaFailure" and each.status == "True"]
        return bool(said)

    workloads.wait("pods that are refused", failed)
    return said[0]


def updated(workloads: Workloads) -> int | None:
    """Return how many pods of the service are of its latest template."""
    status = workloads.client.get(Deployment, "chat-kserve", namespace=workloads.namespace).status
    return status.updatedReplicas if status else None


def test_a_limit_range(workloads: Workloads, tmp_path: Path) -> None:
    limit(workloads, max={"memory": "8Gi"})
    documents = small(workloads)
    found = verify(workloads, documents, tmp_path)["SW627"]
    assert found["severity"] == "error"
    words = "maximum memory usage per Container is 8Gi, but limit is 16Gi"
    assert words in found["message"]
    apply(workloads, documents)
    real = failed_create(workloads)
    assert words in real
    assert rows_for(f"pods cannot be made: FailedCreate: {real}")
    assert "(containers main, storage-initializer)" in found["message"]
    assert found["remedy"] == "in LimitRange sizes, raise max.memory of type Container to 16Gi"
    limit(workloads, max={"memory": "16Gi"})
    assert verify(workloads, documents, tmp_path) == {}
    workloads.wait_running(1)


@pytest.mark.parametrize(
    ("kind", "written", "remedies", "follow"),
    [
        ("Pod", {"max": {"cpu": "2"}}, ["raise max.cpu of type Pod to 4"], {"max": {"cpu": "4"}}),
        ("Pod", {"min": {"cpu": "8"}}, ["lower min.cpu of type Pod to 4"], {"min": {"cpu": "4"}}),
        (
            "Pod",
            {"min": {"ephemeral-storage": "1Gi"}},
            ["leave min.ephemeral-storage of type Pod out"],
            {"min": {}},
        ),
        (
            "Pod",
            {"maxLimitRequestRatio": {"ephemeral-storage": "2"}},
            ["leave maxLimitRequestRatio.ephemeral-storage of type Pod out"],
            {"maxLimitRequestRatio": {}},
        ),
    ],
    ids=str,
)
def test_every_rule_of_a_limit_range(
    workloads: Workloads, kind: str, written: Document, remedies: list[str], follow: Document, tmp_path: Path
) -> None:
    documents = small(workloads)
    limit(workloads, type=kind, **written)
    told = verify(workloads, documents, tmp_path)["SW627"]
    assert [told["remedy"]] == [f"in LimitRange sizes, {remedy}" for remedy in remedies]
    apply(workloads, documents)
    assert told["message"].partition(": ")[2] in failed_create(workloads)
    limit(workloads, type=kind, **follow)
    assert verify(workloads, documents, tmp_path) == {}
    workloads.wait_running(1)


def test_a_quota(workloads: Workloads, tmp_path: Path) -> None:
    """Three pods of four are made, and verify says so before and after."""
    allow(workloads, QUOTA, "3")
    documents = small(workloads, 4)
    short = f"{workloads.namespace}/chat lacks 1 of 4 replicas"
    assert short in verify(workloads, documents, tmp_path)["SW628"]["message"]
    apply(workloads, documents)
    real = failed_create(workloads)
    assert re.search(rf"exceeded quota: gpus, requested: {QUOTA}=1, used: {QUOTA}=3, limited: {QUOTA}=3", real)
    assert rows_for(f"pods cannot be made: FailedCreate: {real}")
    after = verify(workloads, documents, tmp_path)["SW628"]
    assert f"{QUOTA} is limited to 3, others use 0 and the plan's pods ask for 4; {short}" in after["message"]
    followed(workloads, after["remedy"])
    assert verify(workloads, documents, tmp_path) == {}
    workloads.wait_running(4)


def test_a_quota_of_objects_refuses_the_service_itself(workloads: Workloads, tmp_path: Path) -> None:
    allow(workloads, SERVICES, "0")
    documents = small(workloads)
    found = verify(workloads, documents, tmp_path)["SW628"]
    assert f"{SERVICES} is limited to 0, 0 are there, and {workloads.namespace}/chat needs one more" in found["message"]
    with pytest.raises(ApiError, match=rf"exceeded quota: gpus, requested: {SERVICES}=1, used: {SERVICES}=0"):
        apply(workloads, documents)
    followed(workloads, found["remedy"])
    assert verify(workloads, documents, tmp_path) == {}
    apply(workloads, documents)
    workloads.wait_running(1)


def test_a_quota_of_exactly_the_replicas_refuses_the_pod_of_an_update(workloads: Workloads, tmp_path: Path) -> None:
    allow(workloads, QUOTA, "2")
    documents = small(workloads, 2)
    found = verify(workloads, documents, tmp_path)
    assert list(found) == ["SW629"]
    remedy = found["SW629"]["remedy"]
    assert remedy == f"raise {QUOTA} of the quota to 3"
    apply(workloads, documents)
    workloads.wait_running(2)
    documents[1]["spec"]["serving"][0]["engine"] = {"args": ["--max-num-seqs=8"]}
    apply(workloads, documents)
    assert "exceeded quota: gpus" in failed_create(workloads)
    followed(workloads, remedy)
    assert verify(workloads, documents, tmp_path) == {}
    workloads.wait("two updated pods", lambda: updated(workloads) == 2)


def test_pod_security_takes_what_one_node_serves(workloads: Workloads, tmp_path: Path) -> None:
    enforce(workloads, "restricted")
    documents = small(workloads)
    assert verify(workloads, documents, tmp_path) == {}
    apply(workloads, documents)
    workloads.wait_running(1)


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_pod_security_refuses_data_parallelism_over_nodes(workloads: Workloads, level: str, tmp_path: Path) -> None:
    documents = parallel(workloads)
    apply(workloads, documents)
    made: list[dict[str, Any]] = []

    def is_made() -> bool:
        sets = workloads.client.list(LEADER_WORKER_SET, namespace=workloads.namespace)
        made[:] = [each["spec"]["leaderWorkerTemplate"]["workerTemplate"] for each in sets]
        return bool(made)

    workloads.wait("a workload", is_made)
    enforce(workloads, level)
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": made[0]["spec"]}
    refusal = refusal_of(workloads, pod)
    words = 'container "main" must not include "IPC_LOCK", "NET_RAW", "SYS_RAWIO"'
    found = verify(workloads, documents, tmp_path)["SW626"]
    assert words in found["message"]
    assert rows_for(f"pods cannot be made: FailedCreate: {refusal}")
    assert f'violates PodSecurity "{level}:latest"' in refusal
    # At restricted the API server lists what may be added (NET_BIND_SERVICE) in the same words.
    assert all(name in refusal for name in ("IPC_LOCK", "NET_RAW", "SYS_RAWIO"))
    # One remedy after the other: pipeline parallelism in the same namespace, and another namespace.
    assert found["remedy"] == (
        "serve it on one node or with pipeline parallelism, or place it in a namespace that enforces privileged"
    )
    piped = parallel(workloads)
    piped[1]["spec"]["serving"][0]["replicaTopology"]["parallelism"] = {"pipeline": 2, "tensor": 8}
    assert verify(workloads, piped, tmp_path) == {}
    enforce(workloads, "privileged")
    assert verify(workloads, documents, tmp_path) == {}
    workloads.client.patch(Pod, "one", pod, namespace=workloads.namespace, patch_type=PatchType.APPLY)
