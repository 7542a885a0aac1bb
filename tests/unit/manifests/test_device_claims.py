"""What pods of pools with `allocation: claim` ask for, and what restarts where the allocation changes."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.manifests import environment_objects, named_templates
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, several, slices

TEMPLATE = "ResourceClaimTemplate"
ON_SLICES = {"replicas": 3, "replicaTopology": {"requires": {"memoryPerGpu": "30Gi", "mig": "only"}}}


def by_claim(item: Document) -> Document:
    return item | {"allocation": "claim"}


def made(*pools: Document, serving: Document | None = None) -> list[dict[str, Any]]:
    """Return the objects of one deployment on the first of `pools` that fits."""
    documents = (
        environment("env", *pools),
        model("m", serving or profile("p", memoryPerGpu="30Gi", mig="only")),
        deployment("chat", "m", replicas=2),
    )
    fleet = fleet_of(documents)
    return environment_objects(fleet, make_plan(fleet))["env"]


def one(objects: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    (found,) = (item for item in objects if item["kind"] == kind)
    return found


def request(template: dict[str, Any]) -> dict[str, Any]:
    (found,) = template["spec"]["spec"]["devices"]["requests"]
    exactly: dict[str, Any] = found["exactly"]
    return exactly


def revision(objects: list[dict[str, Any]]) -> str:
    return str(one(objects, "LLMInferenceService")["spec"]["annotations"]["slicewise.dev/revision"])


def test_the_engine_claims_a_slice_and_asks_for_no_resource_of_the_device_plugin() -> None:
    objects = made(by_claim(slices("cut", "3g.40gb")))
    service, template = one(objects, "LLMInferenceService"), one(objects, TEMPLATE)
    pod = service["spec"]["template"]
    name = template["metadata"]["name"]
    assert pod["resourceClaims"] == [{"name": "gpu", "resourceClaimTemplateName": name}]
    (engine,) = pod["containers"]
    assert engine["resources"] == {"limits": {"cpu": "4", "memory": "16Gi"}, "claims": [{"name": "gpu"}]}
    assert [each["resources"].get("claims") for each in pod["initContainers"]] == [None]
    assert template["metadata"]["namespace"] == "team"
    assert named_templates(service) == {name}
    exactly = request(template)
    assert (exactly["deviceClassName"], exactly["allocationMode"], exactly["count"]) == (
        "mig.nvidia.com",
        "ExactCount",
        1,
    )


def test_every_attribute_that_an_expression_reads_is_asked_for_first() -> None:
    (selector,) = request(one(made(by_claim(slices("cut", "1g.20gb")), serving=profile("p")), TEMPLATE))["selectors"]
    conditions = selector["cel"]["expression"].split(" && ")
    device = 'device.attributes["gpu.nvidia.com"]'
    assert conditions[0] == 'device.driver == "gpu.nvidia.com"'
    assert conditions[1::2] == [f'"{name}" in {device}' for name in ("type", "profile", "productName")]
    assert conditions[2::2] == [
        f'{device}.type == "mig"',
        f'{device}.profile == "1g.20gb"',
        rf'{device}.productName.matches(r"(?i)\b(h100|h800)\b")',
    ]


def test_suffixes_are_those_of_the_driver_whatever_the_device_plugin_calls_them() -> None:
    item = environment("env", by_claim(slices("cut", "1g.10gb+me")))
    item["spec"]["devicePluginVersion"] = "0.19.3"
    fleet = fleet_of((item, model("m", profile("p")), deployment("chat", "m")))
    template = one(environment_objects(fleet, make_plan(fleet))["env"], TEMPLATE)
    assert '.profile == "1g.10gb+me"' in request(template)["selectors"][0]["cel"]["expression"]
    assert template["metadata"]["name"].startswith("chat-1g.10gb.me-")


def test_pods_of_several_gpus_claim_as_many_whole_ones() -> None:
    serving = profile("p", nodes=2, gpusPerNode=8)
    serving["replicaTopology"]["parallelism"] = {"tensor": 8, "pipeline": 2}
    objects = made(by_claim(pool("whole", nodeCount=4, multiNodeCapable=True)), serving=serving)
    spec, template = one(objects, "LLMInferenceService")["spec"], one(objects, TEMPLATE)
    assert spec["worker"]["resourceClaims"] == spec["template"]["resourceClaims"]
    assert spec["worker"]["containers"][0]["resources"]["claims"] == [{"name": "gpu"}]
    exactly = request(template)
    assert (exactly["deviceClassName"], exactly["count"]) == ("gpu.nvidia.com", 8)


def test_a_gpu_that_the_catalogue_does_not_know_is_told_by_its_class_alone() -> None:
    item = by_claim(pool("new", acceleratorType="nvidia-x9000"))
    (selector,) = request(one(made(item, serving=profile("p")), TEMPLATE))["selectors"]
    assert selector == {"cel": {"expression": 'device.driver == "gpu.nvidia.com"'}}


def test_gpus_left_whole_on_nodes_that_are_cut_are_claimed_as_gpus() -> None:
    cut = by_claim(several("cut", {"3g.40gb": 12}, wholeGpus=2))
    exactly = request(one(made(cut, serving=profile("p", mig="never")), TEMPLATE))
    assert exactly["deviceClassName"] == "gpu.nvidia.com"
    assert ".profile" not in exactly["selectors"][0]["cel"]["expression"]


def test_a_prefill_workload_claims_by_the_allocation_of_its_own_pool() -> None:
    serving = profile("p", gpusPerNode=4, mig="never") | {"prefill": ON_SLICES}
    whole, cut = pool("whole"), slices("cut", "3g.40gb")
    objects = made(by_claim(whole), by_claim(cut), serving=serving)
    service = one(objects, "LLMInferenceService")
    templates = {item["metadata"]["name"]: item for item in objects if item["kind"] == TEMPLATE}
    assert named_templates(service) == templates.keys()
    pools = {name: item["metadata"]["annotations"]["slicewise.dev/node-pool"] for name, item in templates.items()}
    assert {pools[name]: request(item)["count"] for name, item in templates.items()} == {"whole": 4, "cut": 1}

    spec = one(made(whole, by_claim(cut), serving=serving), "LLMInferenceService")["spec"]
    assert "resourceClaims" not in spec["template"]
    assert spec["template"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "4"
    assert len(spec["prefill"]["template"]["resourceClaims"]) == 1


def test_equal_requests_of_two_workloads_have_templates_of_their_own() -> None:
    """Pulumi deletes the template of one of them when its request changes."""
    serving = profile("p", memoryPerGpu="30Gi", mig="only") | {"prefill": ON_SLICES}
    objects = made(by_claim(slices("cut", "3g.40gb")), serving=serving)
    first, second = (item for item in objects if item["kind"] == TEMPLATE)
    assert first["spec"] == second["spec"]
    assert first["metadata"]["name"] != second["metadata"]["name"]


@pytest.mark.parametrize(
    ("allocation", "restarts"), [("devicePlugin", False), ("extendedResource", False), ("claim", True)]
)
def test_pods_restart_only_where_they_ask_in_another_way(allocation: str, restarts: bool) -> None:
    cut = slices("cut", "3g.40gb")
    before, after = made(cut), made(cut | {"allocation": allocation})
    assert (revision(before) != revision(after)) is restarts
    assert (before == after) is not restarts


def test_another_request_is_another_template_and_more_replicas_are_not() -> None:
    """Kubernetes refuses every change of a template's spec."""
    (small, large) = (
        one(made(by_claim(slices("cut", name)), serving=profile("p")), TEMPLATE)["metadata"]["name"]
        for name in ("1g.20gb", "3g.40gb")
    )
    assert small != large
    assert small.startswith("chat-1g.20gb-")
    again = one(made(by_claim(slices("cut", "1g.20gb", nodeCount=2)), serving=profile("p")), TEMPLATE)
    assert again["metadata"]["name"] == small


def test_a_pool_with_claims_gets_what_it_asks_for_however_its_document_is_written() -> None:
    """`h100-80gb` and `nvidia-h100-80gb` are one board: nothing restarts."""
    one_way, another = (
        made(by_claim(slices("cut", "3g.40gb", acceleratorType=name)))
        for name in ("h100-80gb", "NVIDIA-H100-80GB-HBM3")
    )
    assert one_way == another
