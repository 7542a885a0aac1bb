"""The Gateway that an environment names: there, in effect, and open for the routes of the deployments' namespaces."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from slicewise.clusters.live import live_gateway
from tests.documents import Document, deployment, environment, model, profile, slices
from tests.unit.clusters.built_clusters import cluster_of, verified

CHAT = deployment("chat", "gemma", replicas=1)


def found(gateways: list[Document] | None, chat: Document = CHAT) -> list[tuple[str, bool]]:
    """Return code and whether it is an error of what is said of Gateways, where the cluster has these."""
    place = environment("mig-a", slices("small", "3g.40gb"))
    place["spec"]["gateway"] = {"name": "models", "namespace": "gateways"}
    read = None if gateways is None else [live_gateway(each) for each in gateways]
    known = None if read is None else {(each.namespace, each.name): each for each in read}
    cluster = replace(cluster_of(place), gateways=known)
    result = verified([place, model("gemma", profile("any", memoryPerGpu="30Gi")), chat], cluster)
    return [(each.code.value, each.is_error) for each in result.differences if "632" <= each.code.value[2:] <= "634"]


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
