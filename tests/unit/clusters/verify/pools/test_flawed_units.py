"""Nodes whose units are not what they are called: each is an error where the plan counts on them, until it is fixed.

Labels and resources are those of k8s-device-plugin v0.19 and v0.20 over a mock of NVML.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from slicewise.clusters.live.facts import LiveCluster
from slicewise.clusters.live.nodes import live_node
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.unit.clusters.built_clusters import ENVIRONMENT, verified
from tests.unit.clusters.kubernetes_json import node_json
from tests.unit.clusters.live.labelled import A100, A100_SHARED, H100, labels_of, resources_of

MIXED = "mig.strategy=mixed "
GKE = "cloud.google.com/"
GKE_A100 = f"{GKE}gke-accelerator=nvidia-tesla-a100 {GKE}gke-accelerator-count=8"
ON = {"nodeSelector": {"all": "a"}}
WHOLE_A100 = pool("p", acceleratorType="a100-40gb", acceleratorCount=8, memoryPerGpu="39Gi", **ON)
WHOLE_H100 = pool("p", acceleratorCount=8, memoryPerGpu="79Gi", **ON)
CUT_A100 = slices("p", "3g.20gb", acceleratorType="a100-40gb", acceleratorCount=8, memoryPerGpu="19968Mi", **ON)
TINY_A100 = slices("p", "1g.5gb", acceleratorType="a100-40gb", acceleratorCount=8, memoryPerGpu="4864Mi", **ON)
HALF_A100 = CUT_A100 | {"reservedUnits": 8}
A100_80 = "gpu.product=NVIDIA-A100-SXM4-80GB gpu.count=4 gpu.memory=81920 gpu.replicas=0 mig.strategy=mixed "
L40S_BESIDE_H100 = (
    "gpu.product=NVIDIA-L40S gpu.count=4 gpu.memory=46068 gpu.replicas=1 mig.strategy=mixed mig-3g.40gb.count=8 "
    "mig-3g.40gb.product=NVIDIA-H100-80GB-HBM3-MIG-3g.40gb mig-3g.40gb.memory=40448"
)
CUT_3G = "gpu.replicas=0 mig-3g.20gb.count=16 mig-3g.20gb.memory=19968 mig-3g.20gb.replicas=1"
CUT_1G = "gpu.replicas=0 mig-1g.5gb.count=56 mig-1g.5gb.memory=4864"


def single(profile: str, count: int, memory: int) -> str:
    """Return the labels of A100s that are all cut alike, under strategy single."""
    product = f"gpu.product=NVIDIA-A100-SXM4-40GB-MIG-{profile}"
    return f"{product} gpu.count={count} gpu.memory={memory} gpu.replicas=1 mig.strategy=single"


@dataclass(frozen=True)
class Lie:
    """A node that is not what it seems: the pool that someone would declare, what is told, and the node when fixed."""

    declared: Document
    labels: str
    resources: str
    code: str
    says: str
    remedy: str
    fixed: tuple[str, str]
    to_declare: Document | None = None


LIES = {
    "GPUs in MIG mode under strategy none": Lie(
        WHOLE_H100,
        H100 + "gpu.replicas=0",
        "gpu=8",
        "SW607",
        "all GPUs are in MIG mode (nvidia.com/gpu.replicas is 0), and the device plugin",
        "or switch MIG off on these GPUs",
        (H100 + "gpu.replicas=1", "gpu=8"),
    ),
    "the same, which MIG manager cut": Lie(
        WHOLE_A100,
        A100 + "gpu.replicas=0 mig.config=all-1g.5gb mig.config.state=success",
        "gpu=8",
        "SW607",
        "which runs with strategy none, offers them as whole ones: nvidia.com/gpu: 8",
        "run the device plugin and GPU feature discovery with strategy mixed",
        (A100 + MIXED + CUT_1G + " mig.config=all-1g.5gb mig.config.state=success", "mig-1g.5gb=56"),
        TINY_A100,
    ),
    "the same, time-sliced": Lie(
        TINY_A100
        | {
            "capabilities": TINY_A100["capabilities"]
            | {"migConfiguration": {"enabled": True, "profile": "1g.10gb", "strategy": "single"}, "memoryPerGpu": "9Gi"}
        },
        A100 + "gpu.replicas=0",
        "gpu=32",
        "SW607",
        "offers them as whole ones: nvidia.com/gpu: 32",
        "with strategy mixed or single",
        (
            single("1g.10gb", 32, 9856),
            "gpu=32",
        ),
    ),
    "split slices": Lie(
        CUT_A100,
        A100 + MIXED + "gpu.replicas=0 mig-1c.3g.20gb.count=48 mig-1c.3g.20gb.memory=19968",
        "mig-3g.20gb=48",
        "SW611",
        "split into compute instances, and the device plugin offers each as nvidia.com/mig-3g.20gb: 48",
        "have MIG manager cut whole slices",
        (A100 + MIXED + CUT_3G, "mig-3g.20gb=16"),
    ),
    "split slices under strategy single": Lie(
        CUT_A100
        | {
            "capabilities": CUT_A100["capabilities"]
            | {"migConfiguration": {"enabled": True, "profile": "3g.20gb", "strategy": "single"}}
        },
        "gpu.product=NVIDIA-A100-SXM4-40GB-MIG-1c.3g.20gb gpu.count=48 gpu.memory=19968 gpu.replicas=1 "
        "mig.strategy=single",
        "gpu=48",
        "SW611",
        "the device plugin offers each as nvidia.com/gpu: 48",
        "have MIG manager cut whole slices",
        (
            single("3g.20gb", 16, 19968),
            "gpu=16",
        ),
    ),
    "slices that are not counted": Lie(
        CUT_A100,
        A100 + MIXED + "gpu.replicas=0 mig-1g.5gb.count=56 mig-1g.5gb.memory=4864",
        "mig-3g.20gb=16",
        "SW606",
        "GPU feature discovery counts fewer such slices",
        "wait until GPU feature discovery has run again",
        (A100 + MIXED + CUT_3G, "mig-3g.20gb=16"),
    ),
    "GPUs of two models": Lie(
        pool("p", acceleratorType="a100-40gb", acceleratorCount=8, memoryPerGpu="39Gi", **ON),
        "gpu.product=NVIDIA-A100-SXM4-40GB gpu.count=4 gpu.memory=40960 gpu.replicas=1",
        "gpu=8",
        "SW606",
        "GPU feature discovery counts 4 GPUs, which cannot be nvidia.com/gpu: 8",
        "put GPUs of one model in a node",
        (A100 + "gpu.replicas=1", "gpu=8"),
    ),
    "the same, cut": Lie(
        slices("p", "1g.10gb", acceleratorType="a100-80gb", acceleratorCount=4, memoryPerGpu="9Gi", **ON),
        A100_80 + "mig-1g.10gb.count=44 mig-1g.10gb.memory=9728",
        "mig-1g.10gb=44",
        "SW606",
        "GPU feature discovery counts 4 GPUs, which cannot be nvidia.com/mig-1g.10gb: 44",
        "put GPUs of one model in a node",
        (
            A100_80 + "mig-1g.10gb.count=28 mig-1g.10gb.memory=9728",
            "mig-1g.10gb=28",
        ),
    ),
    "shares of which GPU feature discovery was not told": Lie(
        WHOLE_A100,
        A100 + "gpu.replicas=1 mig.strategy=single",
        "gpu=32",
        "SW606",
        "GPU feature discovery counts 8 GPUs, which cannot be nvidia.com/gpu: 32: units are shares of GPUs",
        "with one configuration and without sharing",
        (A100 + "gpu.replicas=1 mig.strategy=single", "gpu=8"),
    ),
    "shares of whole GPUs": Lie(
        WHOLE_A100 | {"acceleratorCount": 4},
        A100_SHARED + MIXED + "gpu.replicas=4 gpu.sharing-strategy=time-slicing mig-3g.20gb.count=8",
        "gpu=16 mig-3g.20gb=8",
        "SW612",
        "units are shared",
        "switch sharing off",
        (A100 + MIXED + "gpu.replicas=1 mig-3g.20gb.count=8 mig-3g.20gb.memory=19968", "gpu=4 mig-3g.20gb=8"),
    ),
    "shares of a GKE node pool": Lie(
        WHOLE_A100,
        f"{GKE_A100} {GKE}gke-gpu-sharing-strategy=time-sharing {GKE}gke-max-shared-clients-per-gpu=4",
        "gpu=32",
        "SW612",
        "units are shared",
        "make a GKE node pool without GPU sharing",
        (GKE_A100, "gpu=8"),
    ),
    "shares of slices": Lie(
        HALF_A100,
        A100 + MIXED + "gpu.replicas=1 mig-3g.20gb.count=8 mig-3g.20gb.replicas=2 mig-3g.20gb.memory=19968",
        "gpu=4 mig-3g.20gb=16",
        "SW612",
        "units are shared",
        "switch sharing off",
        (A100 + MIXED + "gpu.replicas=1 mig-3g.20gb.count=8 mig-3g.20gb.memory=19968", "gpu=4 mig-3g.20gb=8"),
    ),
    "MIG mode without slices": Lie(
        CUT_A100,
        A100 + MIXED + "gpu.replicas=0 mig.config=all-3g.71gb mig.config.state=success",
        "",
        "SW604",
        "and none has slices, so the device plugin has nothing to offer. nvidia.com/mig.config asks for all-3g.71gb, "
        "and a100-40gb has no 3g.71gb: MIG manager then makes no slices, and says success",
        "have MIG manager make a layout that a100-40gb can have",
        (A100 + MIXED + CUT_3G + " mig.config=all-3g.20gb mig.config.state=success", "mig-3g.20gb=16"),
    ),
    "MIG-INVALID": Lie(
        CUT_A100
        | {
            "capabilities": CUT_A100["capabilities"]
            | {"migConfiguration": {"enabled": True, "profile": "3g.20gb", "strategy": "single"}}
        },
        "gpu.product=NVIDIA-A100-SXM4-40GB-MIG-INVALID gpu.count=0 gpu.memory=0 gpu.replicas=0 mig.strategy=single",
        "gpu=0",
        "SW611",
        "a GPU in MIG mode has no slices, only some GPUs are in MIG mode, or slices differ",
        "cut all GPUs of a node alike",
        (
            single("3g.20gb", 16, 19968),
            "gpu=16",
        ),
    ),
    "split slices that the device plugin refuses": Lie(
        CUT_A100,
        A100 + MIXED + "gpu.replicas=0 mig-1c.3g.20gb.count=48 mig-1c.3g.20gb.memory=19968",
        "mig-3g.20gb=0",
        "SW604",
        "split into compute instances, which the device plugin refuses to offer",
        "have MIG manager cut whole slices",
        (A100 + MIXED + CUT_3G, "mig-3g.20gb=16"),
    ),
}


def told(declared: Document, labels: str, resources: str) -> list[tuple[str, str, str, str]]:
    """Return code, severity, message and remedy of what differs, where a deployment of the plan has the pool."""
    needs = {"mig": "only"} if declared["capabilities"].get("migConfiguration") else {"mig": "never"}
    small = model("m", profile("any", memoryPerGpu="4Gi", **needs))
    node = live_node(node_json("n", labels_of(f"{labels} all/x=b") | {"all": "a"}, resources_of(resources)))
    cluster = LiveCluster((node,), (), (), serves_kserve=True, namespaces=frozenset({"team"}))
    documents = (environment(ENVIRONMENT, declared), small, deployment("d", "m"))
    return [
        (each.code.value, each.severity.value, each.message, each.remedy)
        for each in verified(documents, cluster).differences
    ]


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie_is_an_error_and_its_remedy_ends_it(lie: Lie) -> None:
    ((code, severity, message, remedy),) = told(lie.declared, lie.labels, lie.resources)
    assert (code, severity) == (lie.code, "error")
    assert lie.says in message
    assert lie.remedy in remedy
    assert told(lie.to_declare or lie.declared, *lie.fixed) == []


@pytest.mark.parametrize(
    ("declared", "labels", "resources"),
    [
        # Whole GPUs are shared, and slices are not; the other way round.
        (
            HALF_A100,
            A100_SHARED + MIXED + "gpu.replicas=4 gpu.sharing-strategy=time-slicing mig-3g.20gb.count=8",
            "gpu=16 mig-3g.20gb=8",
        ),
        (
            WHOLE_A100 | {"acceleratorCount": 4},
            A100 + MIXED + "gpu.replicas=1 mig-3g.20gb.count=8 mig-3g.20gb.replicas=4",
            "gpu=4 mig-3g.20gb=32",
        ),
        # One GPU of eight has shares with a name of their own.
        (
            WHOLE_H100 | {"acceleratorCount": 7},
            H100 + "gpu.replicas=1 gpu.sharing-strategy=none",
            "gpu=7 gpu.shared=10",
        ),
        # H100 slices beside whole L40S, of which the node's own label is.
        (
            slices("p", "3g.40gb", acceleratorCount=4, memoryPerGpu="39Gi", **ON),
            L40S_BESIDE_H100,
            "gpu=4 mig-3g.40gb=8",
        ),
        (
            pool("p", acceleratorType="l40s", acceleratorCount=4, memoryPerGpu="44Gi", **ON),
            L40S_BESIDE_H100,
            "gpu=4 mig-3g.40gb=8",
        ),
    ],
)
def test_what_is_right_on_such_nodes_is_not_told(declared: Document, labels: str, resources: str) -> None:
    assert told(declared, labels, resources) == []
