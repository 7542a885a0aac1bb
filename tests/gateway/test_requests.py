"""From documents to an answer: `up`, and requests of the official client to what the documents say."""

from __future__ import annotations

from typing import Any

import pytest

from embedded.cluster import EmbeddedCluster
from embedded.gateway_api import Gateway
from tests.cluster.workloads import POOL_LABEL, Workloads
from tests.documents import deployment, environment, model, profile, slices
from tests.engine.workspace import Workspace
from tests.gateway.asking import client, shares, wait_for_most, wait_for_pods
from tests.gateway.routes import are_settled

pytestmark = pytest.mark.xdist_group("gateway")

MODEL = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
REQUESTS = 800  # as in test_routing.py
NAMESPACE = "requests"


def gateway_of(workloads: Workloads) -> dict[str, Any]:
    """Return the cluster's gateway as an environment declares it."""
    found = workloads.client.get(Gateway, "gateway", namespace="kserve")
    (address,), (listener,) = found["status"]["addresses"], found["spec"]["listeners"]
    reference = {"name": "gateway", "namespace": "kserve"}
    return reference | {"hostname": address["value"], "port": listener["port"]}


def place(workloads: Workloads) -> dict[str, Any]:
    found = environment("mig-a", slices("slices", "3g.40gb", nodeSelector={POOL_LABEL: "slices"}, nodeCount=1))
    found["spec"]["gateway"] = gateway_of(workloads)
    return found


def test_a_service_a_canary_of_two_and_a_shifted_weight(routed: EmbeddedCluster, workspace: Workspace) -> None:
    def version(name: str, weight: int) -> dict[str, Any]:
        router = {"group": "chat", "weight": weight}
        return deployment(name, "tiny", namespace=NAMESPACE, router=router)

    with Workloads.in_namespace(routed.plane, NAMESPACE) as workloads:
        workspace.set_config('kubeconfigs["mig-a"]', routed.plane.kubeconfig, secret=True)
        here = place(workloads)
        gateway = here["spec"]["gateway"]
        base = f"http://{gateway['hostname']}:{gateway['port']}"

        workspace.write(here, MODEL, deployment("chat", "tiny", replicas=2, namespace=NAMESPACE))
        workspace.up()
        workloads.wait_running(2)
        wait_for_pods(workloads, f"{base}/{NAMESPACE}/chat", "tiny")

        workspace.write(here, MODEL, version("chat", 9), version("chat-next", 1))
        workspace.up()
        workloads.wait_running(2)
        workloads.wait("settled routes", lambda: are_settled(workloads.client, NAMESPACE, {"chat": 9, "chat-next": 1}))
        wait_for_pods(workloads, f"{base}/publishers/{NAMESPACE}/models/tiny", "tiny")
        people = client(f"{base}/publishers/{NAMESPACE}/models/tiny")
        wait_for_most(workloads, people, "tiny", "chat")
        assert shares(people, "tiny", REQUESTS) == pytest.approx({"chat": 0.9, "chat-next": 0.1}, abs=0.05)
        pods = workloads.pods()

        workspace.write(here, MODEL, version("chat", 9), version("chat-next", 81))
        planned = workspace.preview()
        assert planned.changes() == {f"mig-a/{NAMESPACE}/chat-next-service": "update"}
        assert planned.changed(f"mig-a/{NAMESPACE}/chat-next-service") == {"spec.router.route.weight"}
        assert [message for message in planned.messages if "SW352" in message] == []
        assert workspace.up().changes() == {f"mig-a/{NAMESPACE}/chat-next-service": "update"}
        weights = {"chat": 9, "chat-next": 81}
        workloads.wait("settled routes", lambda: are_settled(workloads.client, NAMESPACE, weights))
        wait_for_most(workloads, people, "tiny", "chat-next")
        assert shares(people, "tiny", REQUESTS) == pytest.approx({"chat": 0.1, "chat-next": 0.9}, abs=0.05)
        assert workloads.pods() == pods
        people.close()
