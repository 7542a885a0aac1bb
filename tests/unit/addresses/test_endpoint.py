"""Where placements answer, as the pinned KServe serves them: tests/cluster/test_router.py asks it."""

from __future__ import annotations

import hashlib

import pytest

from slicewise.addresses import workload_service
from tests.documents import Document, deployment, environment, model, plan_of, pool, profile

GATEWAY = {"name": "models", "namespace": "gateways"}
IN_CLUSTER = "http://chat-kserve-workload-svc.team.svc.cluster.local:8000"


def endpoint(gateway: Document | None, router: Document | None = None, nodes: int = 1) -> dict[str, str | None]:
    """Return the endpoint of the one placement, of a deployment with this router in a cluster with this gateway."""
    place = environment("mig-a", pool("whole", nodeCount=4, multiNodeCapable=True))
    chat = deployment("chat", "gemma")
    place["spec"]["gateway"] = gateway
    chat["spec"]["router"] = router or {}
    chat["spec"]["servedModelName"] = "google/gemma"
    if gateway is None:
        del place["spec"]["gateway"]
    parallel = {"gpusPerNode": 8, "nodes": nodes, "parallelism": {"tensor": 8, "pipeline": nodes}} if nodes > 1 else {}
    (placement,) = plan_of([place, model("gemma", profile("bf16", **parallel)), chat])["placements"]
    found: dict[str, str | None] = placement["endpoint"]
    return found


@pytest.mark.parametrize(
    ("gateway", "router", "external"),
    [
        (None, None, None),
        # Its Gateway is that of KServe's configuration, which no document names.
        (None, {"enabled": True}, None),
        (GATEWAY, None, None),
        ({**GATEWAY, "hostname": "m.example.com"}, None, "http://m.example.com/team/chat"),
        ({**GATEWAY, "hostname": "m.example.com"}, {"enabled": False}, None),
        ({**GATEWAY, "hostname": "10.0.0.7", "port": 8080}, None, "http://10.0.0.7:8080/team/chat"),
        ({**GATEWAY, "hostname": "10.0.0.7", "port": 443}, None, "http://10.0.0.7:443/team/chat"),
        ({**GATEWAY, "hostname": "m.example.com", "scheme": "https"}, None, "https://m.example.com/team/chat"),
        (
            {**GATEWAY, "hostname": "m.example.com", "scheme": "https", "port": 443},
            None,
            "https://m.example.com/team/chat",
        ),
    ],
)
def test_a_placement_answers_in_its_cluster_and_through_the_gateway(
    gateway: Document | None, router: Document | None, external: str | None
) -> None:
    assert endpoint(gateway, router) == {"inCluster": IN_CLUSTER, "external": external}


def test_a_group_answers_where_its_weights_apply() -> None:
    found = endpoint({**GATEWAY, "hostname": "m.example.com"}, {"group": "chat", "weight": 9})
    assert found == {
        "inCluster": IN_CLUSTER,
        "external": "http://m.example.com/publishers/team/models/google/gemma",
        "direct": "http://m.example.com/team/chat",
    }


def test_the_path_has_the_services_name() -> None:
    found = endpoint({**GATEWAY, "hostname": "m.example.com"}, nodes=2)
    assert found == {
        "inCluster": "http://chat-n2-kserve-workload-svc.team.svc.cluster.local:8000",
        "external": "http://m.example.com/team/chat-n2",
    }


def test_kserve_cuts_a_long_name_with_its_md5() -> None:
    """By kmeta.ChildName of knative.dev/pkg: 63 characters in all, 32 of them the digest's."""
    assert workload_service("a" * 43) == "a" * 43 + "-kserve-workload-svc"
    digest = hashlib.md5(b"a" * 44, usedforsecurity=False).hexdigest()
    assert workload_service("a" * 44) == "a" * 11 + digest + "-kserve-workload-svc"
    assert len(workload_service("a" * 63)) == 63
