"""Nodes whose GPUs NVIDIA's DRA driver has, as discover describes them: the document loads and verifies clean."""

from __future__ import annotations

import pytest
import yaml

from embedded.dra_boards import DRA_BOARDS
from embedded.dra_devices import (
    DraGpus,
    cut_gpus,
    driver_classes,
    dynamic_gpus,
    gpus_cut_alike,
    profile_class,
    resource_slices,
    whole_gpus,
)
from slicewise.clusters.discover.discovery import NothingToDeclareError, describe_cluster
from slicewise.clusters.live.facts import LiveCluster
from tests.unit.clusters.built_clusters import ENVIRONMENT
from tests.unit.clusters.kubernetes_json import Json
from tests.unit.clusters.live.answers import refused
from tests.unit.clusters.live.dra_answers import path_of
from tests.unit.clusters.verify.drivers.driven import (
    GOOD_CLASS,
    RESOURCE,
    driven,
    verified,
    with_claims,
    without_counters,
)


def described(live: LiveCluster) -> tuple[Json, list[str]]:
    """Return the environment's spec, and what is to be checked of the pools."""
    text = describe_cluster(live, ENVIRONMENT, "secret")
    checks = [line.strip() for line in text.splitlines() if line.startswith("    # CHECK")]
    spec: Json = yaml.safe_load(text)["spec"]
    return spec, checks


def pool_of(live: LiveCluster) -> Json:
    (found,) = described(live)[0]["nodePools"]
    pool: Json = found
    return pool


def test_slices_are_claimed_where_no_class_answers_their_name() -> None:
    spec, checks = described(driven(classes=driver_classes()))
    assert spec["kubernetesVersion"] == "1.37.2"
    assert spec["nodePools"] == [
        {
            "name": "h100-80gb-3g-40gb",
            "nodeSelector": {"pool": "p"},
            "allocation": "claim",
            "acceleratorType": "NVIDIA-H100-80GB-HBM3",
            "acceleratorCount": 8,
            "nodeCount": 1,
            "allocatable": {"cpu": "64", "memory": "512Gi"},
            "capabilities": {
                "memoryPerGpu": "40448Mi",
                "precisionSupport": ["fp32", "fp16", "bf16", "fp8", "int8"],
                "migConfiguration": {"enabled": True, "profile": "3g.40gb"},
            },
        }
    ]
    assert checks == []


@pytest.mark.parametrize(
    ("classes", "kubernetes", "allocation"),
    [
        ([GOOD_CLASS], "1.37.2", "extendedResource"),
        ([GOOD_CLASS], "1.36.0", "extendedResource"),
        # On at most as an alpha feature, which the API server does not tell.
        ([GOOD_CLASS], "1.35.4", "claim"),
        ([profile_class("other", "1g.10gb", RESOURCE)], "1.37.2", "claim"),
        ([profile_class("unnamed", "3g.40gb", None)], "1.37.2", "claim"),
        ([], "1.37.2", "claim"),
    ],
)
def test_a_class_answers_where_it_selects_these_slices_and_kubernetes_asks_it(
    classes: list[Json], kubernetes: str, allocation: str
) -> None:
    assert pool_of(driven(classes=classes, kubernetes=kubernetes))["allocation"] == allocation


def test_whole_gpus_are_answered_by_the_class_of_the_driver() -> None:
    live = driven({"n": whole_gpus("h100-80gb", 8)}, classes=driver_classes())
    assert pool_of(live)["allocation"] == "extendedResource"
    old = driven({"n": whole_gpus("h100-80gb", 8)}, classes=driver_classes(extended=False))
    assert pool_of(old)["allocation"] == "claim"


def test_gpus_that_are_cut_on_demand_are_a_pool_of_the_profiles_without_suffix() -> None:
    pool = pool_of(driven({"n": dynamic_gpus("h100-80gb", 8)}, classes=driver_classes()))
    assert pool["allocation"] == "claim"
    assert pool["capabilities"]["migConfiguration"] == {
        "enabled": True,
        "dynamic": True,
        "profiles": ["1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb"],
    }
    assert "memoryPerGpu" not in pool["capabilities"]
    assert "reservedUnits" not in pool


def every_kind() -> dict[str, DraGpus]:
    found = {"l40s": whole_gpus("l40s", 4)}
    for name, board in DRA_BOARDS.items():
        if board.profiles:
            found[f"{name} on demand"] = dynamic_gpus(name, 4)
            found[f"{name} whole"] = whole_gpus(name, 4)
            found |= {f"{name} {each.name}": gpus_cut_alike(name, 4, each.name) for each in board.profiles}
    # NVIDIA MIG User Guide: 3g at memory slice 4 leaves room for 1g at 0, and a GPU may stay whole.
    found["h100-80gb mixed"] = cut_gpus("h100-80gb", (("3g.40gb", 4), ("1g.10gb", 0)), (("3g.40gb", 0),), None)
    return found


@pytest.mark.parametrize("kind", list(every_kind()))
def test_what_is_written_is_what_is_there(kind: str) -> None:
    live = driven({"n": every_kind()[kind]}, classes=driver_classes())
    found = verified(pool_of(live), live, replicas=0).differences
    assert [(each.code.value, each.message) for each in found] == []


def test_what_pods_of_others_hold_by_claims_is_reserved() -> None:
    held = with_claims("gpu-0-mig-3g40gb-9-0", "gpu-0-mig-3g40gb-9-4")
    assert pool_of(driven(answers=held))["reservedUnits"] == 2


def test_a_claim_that_pods_share_counts_once() -> None:
    held = with_claims("gpu-0-mig-3g40gb-9-0", "gpu-0-mig-3g40gb-9-0", shared=True)
    assert pool_of(driven(answers=held))["reservedUnits"] == 1


def test_what_others_hold_of_gpus_that_are_cut_on_demand_is_reserved_by_profile() -> None:
    held = with_claims("gpu-0-mig-3g40gb-9-0", "gpu-0-mig-1g10gb-19-4")
    live = driven({"n": dynamic_gpus("h100-80gb", 8)}, answers=held)
    assert pool_of(live)["capabilities"]["migConfiguration"]["reservedSlices"] == {"1g.10gb": 1, "3g.40gb": 1}


@pytest.mark.parametrize(
    ("device", "reserved"),
    [
        ("gpu-0-mig-2g20gb-14-2", {"2g.20gb": 1}),
        ("gpu-0-mig-1g10gb-me-20-4", {"1g.10gb": 1}),
        ("gpu-0", {"7g.80gb": 1}),
    ],
)
def test_what_others_hold_on_demand_is_reserved_as_what_takes_its_places(device: str, reserved: dict[str, int]) -> None:
    live = driven({"n": dynamic_gpus("h100-80gb", 8)}, answers=with_claims(device))
    pool = pool_of(live)
    assert pool["capabilities"]["migConfiguration"]["reservedSlices"] == reserved
    assert verified(pool, live, replicas=0).differences == ()


def test_pods_with_a_resource_of_a_class_are_not_counted_twice() -> None:
    """kube-scheduler 1.37.2 makes a claim for such a pod, which its spec does not name."""
    answers = with_claims("gpu-0-mig-3g40gb-9-0")
    (pod,) = answers["/api/v1/pods"]["items"]
    pod["spec"] = {
        "nodeName": "n",
        "containers": [{"name": "main", "resources": {"requests": {RESOURCE: "1"}, "limits": {RESOURCE: "1"}}}],
    }
    mappings = [{"containerName": "main", "resourceName": RESOURCE, "requestName": "container-0-request-0"}]
    pod["status"] = {
        "phase": "Running",
        "extendedResourceClaimStatus": {"resourceClaimName": "claim-0", "requestMappings": mappings},
    }
    assert pool_of(driven(answers=answers))["reservedUnits"] == 1


def test_a_node_that_both_serve_is_a_pool_of_the_device_plugin_with_a_check() -> None:
    spec, checks = described(driven(resources={RESOURCE: 16}))
    (pool,) = spec["nodePools"]
    assert "allocation" not in pool
    assert "kubernetesVersion" not in spec
    assert [each for each in checks if "NVIDIA's DRA driver offers the GPUs of n, too" in each]


def test_nodes_of_both_kinds_are_two_pools() -> None:
    live = driven({"a": CUT_SMALL, "n": None}, resources={"nvidia.com/gpu": 0})
    assert [pool["allocation"] for pool in described(live)[0]["nodePools"]] == ["claim"]


CUT_SMALL = gpus_cut_alike("h100-80gb", 8, "1g.10gb")


def test_tainted_devices_are_not_counted() -> None:
    spec, checks = described(driven({"n": whole_gpus("h100-80gb", 8).with_taint("gpu-3")}))
    assert spec["nodePools"][0]["acceleratorCount"] == 7
    assert [each for each in checks if "gpu.nvidia.com/xid" in each]


@pytest.mark.parametrize("kind", ["resourceclaims", "deviceclasses", "devicetaintrules"])
def test_what_this_user_may_not_list_is_said(kind: str) -> None:
    text = describe_cluster(driven(answers={path_of(kind): refused(403)}), ENVIRONMENT, "secret")
    assert f"# CHECK: this user may not list {kind} (resource.k8s.io), so " in text


def test_that_devices_are_not_seen_is_said_where_nothing_else_offers_gpus() -> None:
    live = driven(answers={path_of("resourceslices"): refused(403)})
    with pytest.raises(NothingToDeclareError, match=r"this user may not list resourceslices \(resource.k8s.io\)"):
        describe_cluster(live, ENVIRONMENT, "secret")


def incomplete() -> list[Json]:
    slices = resource_slices("n", CUT_SMALL)
    for each in slices:
        each["spec"]["pool"] = each["spec"]["pool"] | {"resourceSliceCount": 2}
    return slices


@pytest.mark.parametrize(
    ("live", "said"),
    [
        (driven({"n": None}, more_slices=incomplete()), "ResourceSlices of NVIDIA's DRA driver are missing"),
        (driven({"n": whole_gpus("l40s", 1).with_taint("gpu-0")}), "all devices of NVIDIA's DRA driver have taints"),
        (
            driven({"n": None}, more_slices=without_counters("n"), kubernetes="1.34.2"),
            "pods may get slices that overlap",
        ),
        (driven(kubernetes="1.33.2"), "NVIDIA's DRA driver has them"),
        (
            driven({"n": None}, labels={"nvidia.com/gpu.product": "x", "nvidia.com/gpu.deploy.device-plugin": "false"}),
            "the label nvidia.com/gpu.deploy.device-plugin keeps the device plugin away",
        ),
    ],
)
def test_what_no_pod_can_have_is_in_no_pool(live: LiveCluster, said: str) -> None:
    with pytest.raises(NothingToDeclareError, match=said):
        describe_cluster(live, ENVIRONMENT, "secret")
