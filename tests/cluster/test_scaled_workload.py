"""What the ScaledObject of an autoscaled deployment scales, and asks, is what KServe really makes of its service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from lightkube.core.exceptions import ApiError
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Service
from lightkube.types import PatchType

from embedded.kserve_kinds import LLMInferenceServiceConfig
from embedded.leader_worker_set import LeaderWorkerSet
from slicewise.manifests import environment_objects
from slicewise.planning import make_plan
from tests.cluster.workloads import POOL_LABEL
from tests.documents import deployment, environment, fleet_of, model, pool, profile

if TYPE_CHECKING:
    from tests.cluster.workloads import Workloads

pytestmark = pytest.mark.xdist_group("cluster-pods")

KINDS: dict[str, Any] = {"Deployment": Deployment, "LeaderWorkerSet": LeaderWorkerSet}
SCALING = {"signal": "Concurrency", "concurrency": {"maxReplicas": 2, "target": 8}}
# Nothing needs the weights here, and a Secret that is not there would keep no pod of kwok's from running.
WHOLE = pool("whole", nodeCount=4, multiNodeCapable=True, nodeSelector={POOL_LABEL: "whole"})


@pytest.mark.parametrize("nodes", [1, 2])
@pytest.mark.parametrize("name", ["chat", "chat-" + "x" * 58])
def test_the_target_and_the_metrics_service_exist(workloads: Workloads, nodes: int, name: str) -> None:
    chat = model("m", profile("any", nodes=nodes, gpusPerNode=2))
    wanted = deployment(name, "m", namespace=workloads.namespace, scaling=SCALING)
    fleet = fleet_of([environment("env", WHOLE), chat, wanted])
    by_kind = {item["kind"]: item for item in environment_objects(fleet, make_plan(fleet))["env"]}
    client, namespace = workloads.client, workloads.namespace
    config = by_kind.get("LLMInferenceServiceConfig")
    if config:
        config_name = config["metadata"]["name"]
        client.patch(LLMInferenceServiceConfig, config_name, config, namespace=namespace, patch_type=PatchType.APPLY)
    service = by_kind["LLMInferenceService"]
    workloads.apply(service)
    workloads.wait_ready(service["metadata"]["name"])

    scaled = by_kind["ScaledObject"]["spec"]
    target = scaled["scaleTargetRef"]
    kind = KINDS[target["kind"]]
    assert exists(workloads, kind, target["name"])
    for trigger in scaled["triggers"]:
        host = urlsplit(trigger["metadata"]["url"]).hostname or ""
        metrics, of_namespace, _ = host.split(".")
        assert of_namespace == namespace
        assert exists(workloads, Service, metrics)

    # What an autoscaler does stays when the service is applied again, as the next `pulumi up` may do.
    client.patch(kind, target["name"], {"spec": {"replicas": 2}}, namespace=namespace, patch_type=PatchType.MERGE)
    workloads.wait_running(2 * nodes)
    service["metadata"]["annotations"]["slicewise.dev/profile"] = "again"
    workloads.apply(service)
    workloads.wait_ready(service["metadata"]["name"])
    assert len(workloads.wait_running(2 * nodes)) == 2 * nodes


def exists(workloads: Workloads, kind: Any, name: str) -> bool:  # noqa: ANN401 - lightkube makes types as it goes
    """Return whether the namespace has an object of this kind and name."""
    try:
        workloads.client.get(kind, name, namespace=workloads.namespace)
    except ApiError:
        return False
    return True
