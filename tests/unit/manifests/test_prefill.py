"""The prefill workload of a service: `spec.prefill` as KServe v0.20 reads it, and what makes the engines hand over."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.manifests import SourcePart, field_source, placement_objects
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices

SLICES: Document = {"requires": {"memoryPerGpu": "30Gi", "mig": "only"}}
CONNECTOR = """'--kv-transfer-config={"kv_connector":"NixlConnector","kv_role":"kv_both"}'"""


def service(prefill: Document | None, *, replicas: int = 2, **engine: object) -> Any:  # noqa: ANN401 - an object
    serving = profile("tp4", gpusPerNode=4, memoryPerGpu="70Gi", mig="never") | {"engine": engine}
    if prefill is not None:
        serving["prefill"] = prefill
    fleet = fleet_of(
        [
            environment("env", pool("whole", nodeCount=4), slices("cut", "3g.40gb")),
            model("m", serving),
            deployment("chat", "m", replicas=replicas),
        ]
    )
    (placement,) = make_plan(fleet).placements
    return placement_objects(fleet, placement)[0]


def main(workload: Any) -> Any:  # noqa: ANN401 - part of an object
    return workload["template"]["containers"][0]


def test_both_workloads_are_pinned_to_their_pools_and_ask_for_their_units() -> None:
    made = service({"replicas": 3, "replicaTopology": SLICES})
    spec, prefill = made["spec"], made["spec"]["prefill"]
    assert (spec["replicas"], spec["template"]["nodeSelector"]) == (2, {"pool": "whole"})
    assert (prefill["replicas"], prefill["template"]["nodeSelector"]) == (3, {"pool": "cut"})
    assert main(spec)["resources"]["limits"] == {"nvidia.com/gpu": "4", "cpu": "4", "memory": "16Gi"}
    assert main(prefill)["resources"]["limits"] == {"nvidia.com/mig-3g.40gb": "1", "cpu": "4", "memory": "16Gi"}
    annotations = made["metadata"]["annotations"]
    pools = [annotations[f"slicewise.dev/{name}"] for name in ("node-pool", "prefill-node-pool")]
    assert pools == ["whole", "cut"]


def test_replicas_spread_apart_from_those_of_the_other_workload() -> None:
    spec = service({"replicas": 1})["spec"]
    found = [
        each["template"]["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"]["app.kubernetes.io/component"]
        for each in (spec, spec["prefill"])
    ]
    # pkg/constants of KServe v0.20.0: LLMComponentWorkload and LLMComponentWorkloadPrefill.
    assert found == ["llminferenceservice-workload", "llminferenceservice-workload-prefill"]


def test_without_a_shape_and_an_engine_of_its_own_it_has_those_of_the_profile() -> None:
    spec = service({}, image="vllm/vllm-openai:v0.23.0", args=["--seed=1"])["spec"]
    assert spec["prefill"]["replicas"] == 1
    assert main(spec["prefill"]) == main(spec)


def test_what_its_engine_leaves_out_is_as_in_the_profile() -> None:
    own = {"engine": {"args": ["--seed=2"]}}
    spec = service(own, image="vllm/vllm-openai:v0.23.0", args=["--seed=1"])["spec"]
    assert [main(each)["image"] for each in (spec, spec["prefill"])] == ["vllm/vllm-openai:v0.23.0"] * 2
    assert [main(each)["args"][-1] for each in (spec, spec["prefill"])] == ["--seed=1", "--seed=2"]


def test_both_engines_hand_caches_over() -> None:
    spec = service({})["spec"]
    for each in (spec, spec["prefill"]):
        assert CONNECTOR in main(each)["args"]
        (host,) = main(each)["env"]
        assert host["name"] == "VLLM_NIXL_SIDE_CHANNEL_HOST"
        assert host["valueFrom"]["fieldRef"]["fieldPath"] == "status.podIP"


def test_without_prefill_nothing_of_it_is_there() -> None:
    spec = service(None)["spec"]
    assert "prefill" not in spec
    assert "env" not in main(spec)
    assert main(spec)["args"] == ["--tensor-parallel-size=4"]


@pytest.mark.parametrize(
    "argument",
    [
        '--kv-transfer-config={"kv_connector":"LMCacheConnectorV1","kv_role":"kv_both"}',
        '--kv_transfer_config={"kv_connector":"LMCacheConnectorV1","kv_role":"kv_both"}',
        "--kv-transfer-config.kv_connector=LMCacheConnectorV1",
        # As argparse takes the beginning of an option.
        "--kv-transf",
    ],
)
def test_a_connector_of_ones_own_stays_the_only_one(argument: str) -> None:
    spec = service({}, args=[argument])["spec"]
    for each in (spec, spec["prefill"]):
        assert CONNECTOR not in main(each)["args"]


def test_more_prefill_replicas_replace_no_pod_and_anything_else_does() -> None:
    def revisions(prefill: Document) -> set[str]:
        spec = service(prefill)["spec"]
        return {each["annotations"]["slicewise.dev/revision"] for each in (spec, spec["prefill"])}

    once = revisions({"replicas": 1})
    assert len(once) == 1
    assert revisions({"replicas": 3}) == once
    assert not revisions({"replicas": 1, "engine": {"args": ["--seed=1"]}}) & once


def test_a_deployment_of_no_replicas_has_no_prefill_replicas() -> None:
    spec = service({"replicas": 3}, replicas=0)["spec"]
    assert (spec["replicas"], spec["prefill"]["replicas"]) == (0, 0)


@pytest.mark.parametrize(
    ("field", "part", "path"),
    [
        ("spec.prefill.replicas", SourcePart.SERVING_PROFILE, ("prefill", "replicas")),
        ("spec.prefill.template.nodeSelector", SourcePart.PREFILL_NODE_POOL, ("nodeSelector",)),
        ("spec.prefill.template.containers[0].image", SourcePart.SERVING_PROFILE, ("prefill", "engine", "image")),
        ("spec.prefill.template.containers[0].resources.limits.cpu", SourcePart.MODEL, ("spec", "resources", "cpu")),
        ("spec.template.nodeSelector", SourcePart.NODE_POOL, ("nodeSelector",)),
    ],
)
def test_a_finding_leads_to_the_field_of_the_prefill_workload(
    field: str, part: SourcePart, path: tuple[str, ...]
) -> None:
    source = field_source(field)
    assert source
    assert (source.part, source.path) == (part, path)
