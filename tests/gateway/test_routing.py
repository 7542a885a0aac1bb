"""KServe's routes in a real gateway: Contour reads them, Envoy follows them, stub engines answer in the pods' place."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest

from embedded.cluster import EmbeddedCluster
from embedded.gateway_api import Gateway, HTTPRoute
from embedded.kserve_kinds import LLMInferenceService
from tests.cluster.workloads import SLICE, Workloads, pod_spec, service
from tests.gateway.asking import client, pods_that_answer, shares, wait_for_most, wait_for_pods
from tests.gateway.routes import are_settled

pytestmark = pytest.mark.xdist_group("gateway")

MODEL = "who"
REQUESTS = 800
"""With 400, 1 of 1000 fair draws of 9 : 1 would be more than 5 % off; with 800, 1 of 400,000."""
_numbers = itertools.count(1)


@pytest.fixture
def workloads(routed: EmbeddedCluster) -> Iterator[Workloads]:
    with Workloads.in_namespace(routed.plane, f"routed-{next(_numbers)}") as workloads:
        yield workloads


def routed_service(name: str, replicas: int = 2, **route: object) -> dict[str, Any]:
    """Return a service that KServe makes a route for."""
    found = service(name, pod_spec("slices", SLICE), replicas=replicas, router={"gateway": {}, "route": route})
    found["spec"]["model"]["name"] = MODEL
    return found


def apply(workloads: Workloads, *services: dict[str, Any]) -> None:
    for each in services:
        workloads.apply(each)
    for each in services:
        workloads.wait_ready(each["metadata"]["name"])
    workloads.wait_running(sum(each["spec"]["replicas"] for each in services))
    # Ready says that the route is accepted; Envoy follows it some moments later.
    for each in services:
        name = each["metadata"]["name"]
        wait_for_pods(workloads, url(workloads, name), MODEL, name)


def url(workloads: Workloads, name: str) -> str:
    """Return where KServe says that the service answers."""
    status = workloads.client.get(LLMInferenceService, name, namespace=workloads.namespace)["status"]
    assert status["url"].startswith("http://127.0.0.1:")
    return str(status["url"])


def url_of_model(workloads: Workloads, name: str) -> str:
    """Return where all services of the group answer."""
    base, _, _ = url(workloads, name).rpartition(f"/{workloads.namespace}/{name}")
    return f"{base}/publishers/{workloads.namespace}/models/{MODEL}"


def statuses(conditions: list[dict[str, Any]]) -> dict[str, str]:
    return {each["type"]: each["status"] for each in conditions}


def test_the_openai_client_gets_an_answer_from_each_pod_of_the_service(workloads: Workloads) -> None:
    apply(workloads, routed_service("alone"))
    for address in (url(workloads, "alone"), url_of_model(workloads, "alone")):
        wait_for_pods(workloads, address, MODEL)
        with client(address) as people:
            names = [MODEL, f"publishers/{workloads.namespace}/models/{MODEL}"]
            assert [model.id for model in people.models.list()] == names
            chunks = people.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": "Who?"}], stream=True
            )
            words = [chunk.choices[0].delta.content or "" for chunk in chunks]
            assert len(words) > 5
            assert "stub engine of pod alone-kserve-" in "".join(words)
            assert "alone-kserve-" in people.completions.create(model=MODEL, prompt="Who?").choices[0].text
            with pytest.raises(openai.NotFoundError, match="The model `other` does not exist"):
                people.completions.create(model="other", prompt="Who?")


def test_the_gateway_and_the_route_are_accepted_by_what_implements_them(workloads: Workloads) -> None:
    apply(workloads, routed_service("accepted"))
    gateway = workloads.client.get(Gateway, "gateway", namespace="kserve")["status"]
    assert gateway["addresses"] == [{"type": "IPAddress", "value": "127.0.0.1"}]
    assert statuses(gateway["conditions"]) == {"Accepted": "True", "Programmed": "True"}
    route = workloads.client.get(HTTPRoute, "accepted-kserve-route", namespace=workloads.namespace)["status"]
    (parent,) = route["parents"]
    assert parent["controllerName"] == "projectcontour.io/gateway-controller"
    assert statuses(parent["conditions"]) == {"Accepted": "True", "ResolvedRefs": "True"}


def test_services_of_a_group_share_by_weight_and_a_new_weight_shifts_their_shares(workloads: Workloads) -> None:
    def weigh(**weights: int) -> None:
        apply(workloads, *(routed_service(name, 1, group="who", weight=weight) for name, weight in weights.items()))
        workloads.wait("settled routes", lambda: are_settled(workloads.client, workloads.namespace, weights))

    weigh(stable=9, canary=1)
    pods = workloads.pods()
    wait_for_pods(workloads, url_of_model(workloads, "stable"), MODEL)
    with client(url_of_model(workloads, "stable")) as people:
        wait_for_most(workloads, people, MODEL, "stable")
        assert shares(people, MODEL, REQUESTS) == pytest.approx({"stable": 0.9, "canary": 0.1}, abs=0.05)

        weigh(stable=1, canary=9)
        wait_for_most(workloads, people, MODEL, "canary")
        assert shares(people, MODEL, REQUESTS) == pytest.approx({"stable": 0.1, "canary": 0.9}, abs=0.05)
    assert workloads.pods() == pods


def test_the_address_of_one_service_leads_to_it_alone_whatever_its_group(workloads: Workloads) -> None:
    apply(
        workloads, routed_service("first", 1, group="who", weight=1), routed_service("second", 1, group="who", weight=9)
    )
    with client(url(workloads, "first")) as people:
        assert shares(people, MODEL, 60) == {"first": 1}


def test_a_pod_that_is_gone_gets_no_requests(workloads: Workloads) -> None:
    apply(workloads, routed_service("fewer", 3))
    with client(url(workloads, "fewer")) as people:
        assert len(pods_that_answer(people, MODEL)) == 3
    workloads.apply(routed_service("fewer", 1))
    workloads.wait_running(1)
    wait_for_pods(workloads, url(workloads, "fewer"), MODEL)


def test_without_a_route_there_is_no_answer(workloads: Workloads) -> None:
    apply(workloads, routed_service("gone", 1), routed_service("stays", 1))
    address = url(workloads, "gone")
    workloads.delete("gone")
    workloads.wait("no route", lambda: httpx2.get(f"{address}/health", trust_env=False).status_code == 404)
    assert httpx2.get(f"{url(workloads, 'stays')}/health", trust_env=False).status_code == 200


def test_requests_go_on_while_contour_is_gone_and_its_return_brings_what_changed(
    routed: EmbeddedCluster, workloads: Workloads
) -> None:
    apply(workloads, routed_service("before", 1))
    with client(url(workloads, "before")) as people:
        routed.kill("contour")
        try:
            assert shares(people, MODEL, 20) == {"before": 1}
            workloads.apply(routed_service("after", 1))
            workloads.wait_running(2)
            assert not workloads.is_ready("after")
        finally:
            routed.restart("contour")
    workloads.wait_ready("after")
    wait_for_pods(workloads, url(workloads, "after"), MODEL, "after")
