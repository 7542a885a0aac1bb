"""The route of each service that is there: made by KServe, and taken by the Gateway that its environment names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from slicewise.clusters.live import LiveService, live_gateway, live_route
from slicewise.diagnostics import Diagnostic
from tests.documents import Document, deployment, environment, model, profile, slices
from tests.unit.clusters.built_clusters import cluster_of, verified

ROUTED: Document = {"router": {"route": {}}}
KEY = ("team", "chat")


def condition(name: str, status: str = "True", **more: object) -> Document:
    return {"type": name, "status": status, "reason": name, "message": "", "observedGeneration": 2, **more}


ACCEPTED, RESOLVED = condition("Accepted"), condition("ResolvedRefs")


def parent(*conditions: Document, name: str = "models", namespace: str | None = "gateways") -> Document:
    """Return what a controller says of a route, in the shape of status.parents."""
    reference = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"parentRef": reference, "controllerName": "example.com/controller", "conditions": list(conditions)}


def route(*parents: Document, owner: str = "chat") -> Document:
    """Return a route as KServe makes it, with what is said of it."""
    owners = [{"kind": "LLMInferenceService", "name": owner, "controller": True}]
    return {
        "metadata": {"namespace": "team", "name": f"{owner}-kserve-route", "generation": 2, "ownerReferences": owners},
        "status": {"parents": list(parents)},
    }


def found(
    *routes: Document,
    live: Document | None = ROUTED,
    programmed: str = "True",
    takes: str = "All",
    unread: bool = False,
    router: Document | None = None,
) -> list[Diagnostic]:
    """Return what is said of routes, where the cluster has these and a service with this spec."""
    place = environment("mig-a", slices("small", "3g.40gb"))
    place["spec"]["gateway"] = {"name": "models", "namespace": "gateways"}
    listener = {"name": "http", "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": takes}}}
    gateway = live_gateway(
        {
            "metadata": {"namespace": "gateways", "name": "models"},
            "spec": {"listeners": [listener]},
            "status": {"conditions": [{"type": "Programmed", "status": programmed}]},
        }
    )
    read = [live_route(each) for each in routes]
    cluster = replace(
        cluster_of(place),
        gateways={("gateways", "models"): gateway},
        routes=None if unread else {each.service: each for each in read if each.service},
        services={} if live is None else {KEY: LiveService(*KEY, annotations={}, spec=live)},
    )
    chat = deployment("chat", "gemma", router=router or {})
    result = verified([place, model("gemma", profile("any", memoryPerGpu="30Gi")), chat], cluster)
    return [each for each in result.differences if each.code.value == "SW635"]


@pytest.mark.parametrize(
    ("routes", "why"),
    [
        ([], "KServe made no route"),
        ([route(parent(ACCEPTED, RESOLVED), owner="other")], "KServe made no route"),
        ([route()], "the Gateway says nothing of its route"),
        ([route(parent(ACCEPTED, RESOLVED, name="other"))], "the Gateway says nothing of its route"),
        ([route(parent(ACCEPTED, RESOLVED, namespace=None))], "the Gateway says nothing of its route"),
        # A controller of policies says nothing of Accepted.
        ([route(parent(RESOLVED))], "the Gateway says nothing of its route"),
        (
            [route(parent(condition("Accepted", "False", reason="NotAllowedByListeners", message="no"), RESOLVED))],
            "condition Accepted is not True: NotAllowedByListeners, no",
        ),
        (
            [route(parent(ACCEPTED, condition("ResolvedRefs", "False", reason="BackendNotFound")))],
            "condition ResolvedRefs is not True: BackendNotFound",
        ),
        ([route(parent(ACCEPTED))], "condition ResolvedRefs is not said yet"),
        (
            [route(parent(condition("Accepted", observedGeneration=1), RESOLVED))],
            "condition Accepted is said of an earlier version",
        ),
    ],
)
def test_what_keeps_requests_out_is_said(routes: list[Document], why: str) -> None:
    (said,) = found(*routes)
    assert f"team/chat ({why}" in said.message.replace("its route's condition", "condition")
    assert (said.is_error, said.facts["services"]) == (False, ["team/chat"])


def test_an_accepted_route_is_well() -> None:
    assert found(route(parent(ACCEPTED, RESOLVED))) == []
    # Others may say of it what they want.
    assert found(route(parent(condition("Accepted", "False"), name="other"), parent(ACCEPTED, RESOLVED))) == []


@pytest.mark.parametrize(
    "otherwise",
    [
        {"live": None},
        {"live": {"model": {}}},
        {"programmed": "False"},
        {"takes": "Same"},
        {"unread": True},
        {"router": {"enabled": False}},
    ],
)
def test_nothing_is_said_where_none_is_to_be_there_or_a_larger_cause_is_told(otherwise: dict[str, Any]) -> None:
    assert found(**otherwise) == []
