"""What Node objects say of nodes, whatever they have in them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slicewise.clusters.live.facts import Taint
from slicewise.clusters.live.gpu_pods import gpu_pods
from slicewise.clusters.live.nodes import live_node
from tests.unit.clusters.kubernetes_json import Json, node_json
from tests.unit.clusters.live.labels import COUNT, GKE_GPU, GKE_SIZE, GPU, MACHINE, MEMORY, PRODUCT, STRATEGY

steady = settings(deadline=None, derandomize=True)


def test_a_node_without_gpus() -> None:
    assert live_node(node_json("n-0", {MACHINE: "m7i.xlarge"}, {"example.com/fpga": 1})).gpus is None


def test_the_taints_of_conditions_are_read_too() -> None:
    taints = [
        {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"},
        {"key": "team", "value": "ml", "effect": "NoExecute"},
        {"key": GPU, "value": "present", "effect": "NoSchedule"},
    ]
    node = live_node(
        node_json("n-0", taints=taints, ready=False, cordoned=True, provider_id="aws:///eu-central-1a/i-0")
    )
    assert node.taints == (
        Taint("node.kubernetes.io/not-ready", "", "NoSchedule"),
        Taint(GPU, "present", "NoSchedule"),
        Taint("team", "ml", "NoExecute"),
    )
    assert (node.ready, node.cordoned, node.provider_id) == (False, True, "aws:///eu-central-1a/i-0")
    assert (node.cpu, node.memory) == ("64", "512Gi")


JUNK = st.one_of(st.none(), st.text(max_size=8), st.integers(), st.lists(st.text(max_size=3), max_size=2))
LABEL = st.sampled_from(
    [
        PRODUCT,
        COUNT,
        MEMORY,
        STRATEGY,
        GKE_GPU,
        GKE_SIZE,
        MACHINE,
        "nvidia.com/mig-1g.10gb.count",
        "nvidia.com/gpu.replicas",
    ]
)


@steady
@given(
    st.dictionaries(
        LABEL, st.one_of(st.text(max_size=12), st.sampled_from(["-MIG-", "x-MIG-9g", "-SHARED", "-1", "1e9"]))
    ),
    st.dictionaries(st.sampled_from([GPU, "nvidia.com/mig-", "nvidia.com/mig-x", "nvidia.com/mig-3g.40gb"]), JUNK),
)
def test_nonsense_in_labels_never_raises(labels: dict[str, str], resources: dict[str, object]) -> None:
    node = live_node({"metadata": {"name": "n", "labels": labels}, "status": {"allocatable": resources}})
    assert (node.name, node.labels) == ("n", labels)


@steady
@given(st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), JUNK))
def test_objects_with_nothing_in_them(node: Json) -> None:
    assert live_node(node).gpus is None
    assert gpu_pods([node]) == ()


@pytest.mark.parametrize(("written", "most"), [({"pods": 30}, 30), ({"pods": "1k"}, 1000), ({}, None)])
def test_how_many_pods_a_node_takes(written: dict[str, object], most: int | None) -> None:
    assert live_node(node_json("n", {}, written)).pods == most
