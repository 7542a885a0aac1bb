"""Slices of strategy single without a product label.

Labels: k8s-device-plugin v0.19 over a mock of NVML; NFD drops a value of more than 63 characters. Memory:
`nvidia-smi mig -lgip` of each board.
"""

from __future__ import annotations

import pytest

from slicewise.clusters.live.gpus import Gpus, LabelledBy, Offer, UnitFlaw
from slicewise.clusters.live.nodes import live_node
from tests.documents import Document, environment, pool, slices
from tests.unit.clusters.built_clusters import ENVIRONMENT, verified
from tests.unit.clusters.discover.describing import cluster_of, described
from tests.unit.clusters.kubernetes_json import Json, node_json
from tests.unit.clusters.live.labelled import labels_of, resources_of

ON = {"nodeSelector": {"all": "a"}}


def node(gi: int, memory: int, units: int, more: str = "") -> Json:
    labels = f"gpu.count={units} gpu.memory={memory} gpu.replicas=1 mig.strategy=single gpu.slices.gi={gi} {more}"
    return node_json("n", labels_of(f"{labels} gpu.slices.ci={gi}") | {"all": "a"}, resources_of(f"gpu={units}"))


def gpus_of(node: Json) -> Gpus:
    gpus = live_node(node).gpus
    assert gpus
    return gpus


@pytest.mark.parametrize(
    ("gi", "memory", "profile"),
    [
        (1, 24192, "1g.24gb"),
        (1, 23680, "1g.24gb"),
        (2, 48512, "2g.48gb"),
        (4, 97280, "4g.96gb"),
        # Less than its name says by an eighth: the catalogue knows it.
        (1, 16384, "1g.18gb"),
        # Of no board that is known.
        (1, 30000, "1g.30gb"),
        (3, 55555, "3g.55gb"),
    ],
)
def test_compute_slices_and_memory_make_a_profile_likely(gi: int, memory: int, profile: str) -> None:
    gpus = gpus_of(node(gi, memory, 16))
    assert (gpus.told_by, gpus.accelerator, gpus.model, gpus.physical) == (LabelledBy.GFD, None, None, None)
    assert gpus.offers == (Offer("nvidia.com/gpu", 16, profile, memory, unnamed=True),)


def test_the_pool_says_what_is_not_known() -> None:
    pools, comments = described([node(1, 24192, 16)])
    (declared,) = pools.values()
    assert declared["acceleratorType"] == "unknown"
    assert declared["capabilities"]["memoryPerGpu"] == "24192Mi"
    mig = declared["capabilities"]["migConfiguration"]
    assert (mig["profile"], mig["strategy"]) == ("1g.24gb", "single")
    assert declared["acceleratorCount"] * mig["slicesPerGpu"] - declared.get("reservedUnits", 0) == 16
    assert any("nvidia.com/gpu.product is left out where it is longer than 63 characters" in each for each in comments)


def found(declared: Document, of: Json) -> list[str]:
    return [each.code.value for each in verified((environment(ENVIRONMENT, declared),), cluster_of([of])).differences]


@pytest.mark.parametrize("profile", ["1g.24gb", "1g.24gb-me", "1g.24gb+gfx"])
def test_what_such_slices_may_be_is_not_told(profile: str) -> None:
    cut = {"acceleratorType": "rtx-pro-6000", "acceleratorCount": 4, "strategy": "single", **ON}
    assert found(slices("p", profile, memoryPerGpu="23680Mi", **cut), node(1, 24192, 16)) == []


def test_what_such_slices_cannot_be_is_told() -> None:
    cut = {"acceleratorType": "rtx-pro-6000", "strategy": "single", **ON}
    declared = slices("p", "2g.48gb", acceleratorCount=8, memoryPerGpu="47Gi", **cut)
    assert found(declared, node(1, 24192, 16))[0] == "SW606"
    whole = pool("p", acceleratorType="rtx-pro-6000", acceleratorCount=16, memoryPerGpu="23Gi", **ON)
    assert found(whole, node(1, 24192, 16)) == ["SW606"]


def test_the_machine_type_may_say_the_model() -> None:
    gpus = gpus_of(node(1, 9984, 56, "node.kubernetes.io/instance-type=p5.48xlarge"))
    assert (gpus.accelerator, gpus.physical, gpus.offers[0].profile) == ("h100-80gb", 8, "1g.10gb")


def test_shares_of_them_are_shares() -> None:
    shared = node(1, 24192, 16, "gpu.sharing-strategy=time-slicing")
    assert gpus_of(shared).offers[0].flaw is UnitFlaw.SHARED


@pytest.mark.parametrize("product", ["", "gpu.product=NVIDIA-A100-SXM4-40GB-MIG-INVALID"])
def test_invalid_slices_are_invalid_without_it_too(product: str) -> None:
    labels = f"{product} gpu.count=0 gpu.memory=0 gpu.replicas=0 mig.strategy=single"
    assert gpus_of(node_json("n", labels_of(labels), {})).invalid


@pytest.mark.parametrize("strategy", ["", "mig.strategy=mixed", "mig.strategy=single"])
def test_whole_gpus_without_a_product_are_whole(strategy: str) -> None:
    labels = f"gpu.count=4 gpu.memory=97887 gpu.replicas=1 {strategy}"
    gpus = gpus_of(node_json("n", labels_of(labels), resources_of("gpu=4")))
    assert (gpus.physical, gpus.invalid, gpus.offers) == (4, False, (Offer("nvidia.com/gpu", 4, None, 97887),))
