"""The Gateway that an environment names: there, in effect, open for the deployments' namespaces and its hostname."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from slicewise.clusters.live import live_gateway
from tests.documents import Document, deployment, environment, model, profile, slices
from tests.unit.clusters.built_clusters import cluster_of, verified

CODES = ("SW363", "SW632", "SW633", "SW634")
CHAT = deployment("chat", "gemma", replicas=1)


def found(gateways: list[Document] | None, chat: Document = CHAT, **more: str) -> list[tuple[str, bool]]:
    """Return code and whether it is an error of what is said of Gateways, where the cluster has these."""
    place = environment("mig-a", slices("small", "3g.40gb"))
    place["spec"]["gateway"] = {"name": "models", "namespace": "gateways", **more}
    read = None if gateways is None else [live_gateway(each) for each in gateways]
    known = None if read is None else {(each.namespace, each.name): each for each in read}
    cluster = replace(cluster_of(place), gateways=known)
    result = verified([place, model("gemma", profile("any", memoryPerGpu="30Gi")), chat], cluster)
    return [(each.code.value, each.is_error) for each in result.differences if each.code.value in CODES]


def gateway(
    *takes: Document, programmed: str = "True", protocol: str = "HTTP", namespace: str = "gateways"
) -> Document:
    """Return a Gateway as an API server gives it, with a listener for each of `takes`."""
    listeners: list[Any] = [{"name": str(n), "protocol": protocol, **each} for n, each in enumerate(takes)]
    return {
        "metadata": {"namespace": namespace, "name": "models"},
        "spec": {"gatewayClassName": "some", "listeners": listeners},
        "status": {"conditions": [{"type": "Programmed", "status": programmed}]},
    }


ALL = {"allowedRoutes": {"namespaces": {"from": "All"}}}
SELECTED = {"allowedRoutes": {"namespaces": {"from": "Selector"}}}
SAME = {"allowedRoutes": {"namespaces": {"from": "Same"}}}


@pytest.mark.parametrize(
    ("gateways", "wanted"),
    [
        ([gateway(ALL)], []),
        ([gateway(SELECTED)], []),
        ([gateway(SAME, ALL)], []),
        ([], [("SW632", True)]),
        ([gateway(ALL, namespace="other")], [("SW632", True)]),
        ([gateway(ALL, programmed="False")], [("SW633", False)]),
        # Gateway API's default is Same.
        ([gateway({})], [("SW634", True)]),
        ([gateway(SAME)], [("SW634", True)]),
        ([gateway(ALL, protocol="TCP")], [("SW634", True)]),
        (None, []),
    ],
)
def test_what_keeps_requests_out_is_said(gateways: list[Document] | None, wanted: list[tuple[str, bool]]) -> None:
    assert found(gateways) == wanted


def test_a_gateway_that_nothing_is_routed_through_is_not_looked_at() -> None:
    assert found([], deployment("chat", "gemma", router={"enabled": False})) == []


def test_a_namespace_of_its_own_is_the_same() -> None:
    assert found([gateway(SAME)], deployment("chat", "gemma", namespace="gateways")) == []


@pytest.mark.parametrize(
    ("listeners", "asked", "answered"),
    [
        ([""], "models.example.com", True),
        (["models.example.com"], "models.example.com", True),
        (["models.example.com"], "other.example.com", False),
        (["models.example.com"], "10.0.0.7", False),
        (["other.example.com", ""], "models.example.com", True),
        # Gateway API: a wildcard is for one or more labels, and not for none.
        (["*.example.com"], "models.example.com", True),
        (["*.example.com"], "models.team.example.com", True),
        (["*.example.com"], "example.com", False),
        (["*.example.com"], "modelsexample.com", False),
    ],
)
def test_a_listener_answers_for_the_hostname(listeners: list[str], asked: str, answered: bool) -> None:
    named = [{**ALL, **({"hostname": each} if each else {})} for each in listeners]
    assert found([gateway(*named)], hostname=asked) == ([] if answered else [("SW363", False)])


def test_a_listener_that_takes_no_routes_does_not_count() -> None:
    named = gateway({**SAME, "hostname": "models.example.com"}, {**ALL, "hostname": "other.example.com"})
    assert found([named], hostname="models.example.com") == [("SW363", False)]
    assert found([named]) == []
    # That no listener takes the routes is the larger cause.
    assert found([gateway({**SAME, "hostname": "other"})], hostname="models.example.com") == [("SW634", True)]
