"""The router of a service: KServe's `spec.router`, as its v1alpha2 types have it."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.manifests import environment_objects
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices

GATEWAY = {"name": "models", "namespace": "gateways"}


def service(router: Document | None, gateway: Document | None) -> dict[str, Any]:
    """Return the service of a deployment with this router, in an environment with this gateway."""
    place = environment("mig-a", slices("small", "3g.40gb"))
    chat = deployment("chat", "gemma")
    if gateway is not None:
        place["spec"]["gateway"] = gateway
    if router is not None:
        chat["spec"]["router"] = router
    fleet = fleet_of([place, model("gemma", profile("fp8", memoryPerGpu="30Gi")), chat])
    ((only,),) = environment_objects(fleet, make_plan(fleet)).values()
    return only


@pytest.mark.parametrize(
    ("router", "gateway", "wanted"),
    [
        (None, None, None),
        ({"enabled": False}, GATEWAY, None),
        ({"enabled": True}, None, {"route": {}}),
        (None, GATEWAY, {"route": {}, "gateway": {"refs": [GATEWAY]}}),
        ({"enabled": True}, {**GATEWAY, "hostname": "m.example.com"}, {"route": {}, "gateway": {"refs": [GATEWAY]}}),
        ({"scheduler": True}, GATEWAY, {"route": {}, "gateway": {"refs": [GATEWAY]}, "scheduler": {}}),
        (
            {"group": "chat", "weight": 0},
            GATEWAY,
            {"route": {"group": "chat", "weight": 0}, "gateway": {"refs": [GATEWAY]}},
        ),
    ],
)
def test_a_router_is_what_kserve_reads(
    router: Document | None, gateway: Document | None, wanted: dict[str, Any] | None
) -> None:
    assert service(router, gateway)["spec"].get("router") == wanted


def test_no_router_changes_what_replaces_pods() -> None:
    written = [service(None, None), service(None, GATEWAY), service({"group": "chat", "weight": 1}, GATEWAY)]
    revisions = {each["spec"]["annotations"]["slicewise.dev/revision"] for each in written}
    assert len(revisions) == 1
