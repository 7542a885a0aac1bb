"""Nodes of AKS without GPU feature discovery: what the machine type, and AKS's own labels, say of their GPUs."""

from __future__ import annotations

import pytest

from slicewise.clusters.live import LabelledBy
from slicewise.clusters.live.gpu_labels import read_gpus
from tests.unit.clusters.discover.alike_nodes import AGENTPOOL, MACHINE, verifies
from tests.unit.clusters.discover.describing import GPU, described
from tests.unit.clusters.kubernetes_json import Json, node_json

ACCELERATOR = {"kubernetes.azure.com/accelerator": "nvidia", "accelerator": "nvidia"}
GUESS = "CHECK: no label says what a unit is"
BY_MACHINE = "CHECK: the GPU model is that of the machine type"


def node(size: str, resources: dict[str, int], **labels: str) -> Json:
    return node_json("aks-gpu-1-vmss000000", ACCELERATOR | {AGENTPOOL: "gpu", MACHINE: size} | labels, resources)


# What AKS cuts by a GPU instance profile (Azure/AgentBaker, mig-partition.sh: 19, 14 and 9 are the driver's numbers of
# 1g, 2g and 3g), under the strategy single.
@pytest.mark.parametrize(
    ("size", "units", "model", "count", "profile"),
    [
        ("Standard_NC24ads_A100_v4", 7, "a100-80gb", 1, "1g.10gb"),
        ("standard_nc48ads_a100_v4", 14, "a100-80gb", 2, "1g.10gb"),
        ("Standard_NC96ads_A100_v4", 12, "a100-80gb", 4, "2g.20gb"),
        ("Standard_ND96asr_v4", 56, "a100-40gb", 8, "1g.5gb"),
        ("Standard_ND96asr_v4", 24, "a100-40gb", 8, "2g.10gb"),
        ("Standard_ND96amsr_A100_v4", 16, "a100-80gb", 8, "3g.40gb"),
        ("Standard_NC40ads_H100_v5", 2, "h100-94gb", 1, "3g.47gb"),
        ("Standard_ND96isr_H200_v5", 56, "h200", 8, "1g.18gb"),
    ],
)
def test_single(size: str, units: int, model: str, count: int, profile: str) -> None:
    pools, comments = described([node(size, {GPU: units})])
    pool = pools["gpu"]
    assert (pool["acceleratorType"], pool["acceleratorCount"]) == (model, count)
    mig = {"enabled": True, "profile": profile, "strategy": "single"}
    assert pool["capabilities"]["migConfiguration"] == mig
    assert "reservedUnits" not in pool
    assert any(each.startswith(GUESS) for each in comments)
    assert verifies([node(size, {GPU: units})]) == []


@pytest.mark.parametrize(
    ("size", "resources", "model", "count"),
    [
        ("Standard_NC40ads_H100_v5", {"nvidia.com/mig-1g.12gb": 7}, "h100-94gb", 1),
        ("Standard_ND96asr_v4", {"nvidia.com/mig-3g.20gb": 16}, "a100-40gb", 8),
        ("Standard_NC80adis_H100_v5", {"nvidia.com/mig-4g.47gb": 2}, "h100-94gb", 2),
    ],
)
def test_mixed(size: str, resources: dict[str, int], model: str, count: int) -> None:
    pools, comments = described([node(size, resources)])
    pool = pools["gpu"]
    assert (pool["acceleratorType"], pool["acceleratorCount"]) == (model, count)
    assert pool["capabilities"]["migConfiguration"]["strategy"] == "mixed"
    assert "slicesPerGpu" not in pool["capabilities"]["migConfiguration"]
    assert any(each.startswith(BY_MACHINE) for each in comments)
    assert verifies([node(size, resources)]) == []


def test_as_many_units_as_gpus_may_be_the_only_slices_of_each() -> None:
    pools, comments = described([node("Standard_ND96asr_v4", {GPU: 8})])
    assert pools["gpu"]["acceleratorCount"] == 8
    assert "migConfiguration" not in pools["gpu"]["capabilities"]
    assert any("the GPU instance profile MIG4g or MIG7g" in each for each in comments)
    # A T4 has no slices.
    _, comments = described([node("Standard_NC64as_T4_v3", {GPU: 4})])
    assert not any("MIG4g" in each for each in comments)


def test_units_that_fit_no_profile_are_kept_from_models() -> None:
    (pool,) = described([node("Standard_NC24ads_A100_v4", {GPU: 5})])[0].values()
    assert pool["reservedUnits"] == 1


def test_a_size_that_is_not_known_has_what_karpenter_says() -> None:
    labels = {"karpenter.azure.com/sku-gpu-name": "A100", "karpenter.azure.com/sku-gpu-count": "2"}
    gpus = read_gpus({MACHINE: "Standard_NC0_A100_v9"} | labels, {GPU: "2"})
    assert gpus is not None
    assert (gpus.told_by, gpus.accelerator, gpus.physical) == (LabelledBy.AKS, "A100", 2)
    pools, comments = described([node("Standard_NC0_A100_v9", {GPU: 2}, **labels)])
    assert pools["gpu"]["acceleratorType"] == "a100-40gb"
    assert any("A100 may be any of a100-40gb, a100-80gb: the smallest" in each for each in comments)


def test_gpus_of_which_only_is_said_that_they_are_there() -> None:
    gpus = read_gpus({**ACCELERATOR, MACHINE: "Standard_NC0_X_v9"}, {})
    assert gpus is not None
    assert (gpus.told_by, gpus.accelerator, gpus.physical, gpus.offers) == (LabelledBy.AKS, None, None, ())
    assert read_gpus({MACHINE: "Standard_D8s_v5"}, {}) is None


def test_gpu_feature_discovery_knows_better() -> None:
    labels = {"nvidia.com/gpu.product": "NVIDIA-A100-80GB-PCIe", "nvidia.com/gpu.count": "1"}
    gpus = read_gpus({MACHINE: "Standard_NC24ads_A100_v4"} | labels, {GPU: "1"})
    assert gpus is not None
    assert gpus.told_by is LabelledBy.GFD
