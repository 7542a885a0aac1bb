"""Node groups that differ in nothing but their name and zone are one pool, selected by what stays."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from slicewise.clusters.discover.discovery import describe_cluster
from slicewise.clusters.live.facts import NodeGroupBounds
from slicewise.planning import make_plan
from tests.documents import deployment, fleet_of, model, profile
from tests.unit.clusters.discover.alike_nodes import (
    ACCELERATOR,
    AGENTPOOL,
    CLASS,
    GKE_POOL,
    KARPENTER,
    MACHINE,
    NODEGROUP,
    PARTITION,
    ZONE,
    auto_provisioned,
    changed,
    eks,
    labelled,
    verifies,
)
from tests.unit.clusters.discover.describing import GPU, H100, cluster_of, described
from tests.unit.clusters.kubernetes_json import Json, node_json

A, B = eks("n-a", "h100-a", "a"), eks("n-b", "h100-b", "b")


def test_a_node_group_for_each_zone_is_one_pool() -> None:
    zones = [eks(f"n-{zone}-{number}", f"h100-mig-{zone}", zone) for zone in "abc" for number in range(2)]
    pools, comments = described(zones)
    assert list(pools) == ["h100-mig"]
    assert pools["h100-mig"]["nodeSelector"] == {MACHINE: "p5.48xlarge"}
    assert pools["h100-mig"]["nodeCount"] == 6
    assert any(
        "node groups h100-mig-a, h100-mig-b, h100-mig-c differ in their names and zones alone" in each
        for each in comments
    )
    assert verifies(zones) == []


def test_replicas_find_room_over_all_zones() -> None:
    """60 replicas on 96 slices: no zone alone has more than 32."""
    zones = [eks(f"n-{zone}-{number}", f"h100-mig-{zone}", zone) for zone in "abc" for number in range(2)]
    document = yaml.safe_load(describe_cluster(cluster_of(zones), "prod", "prod-kubeconfig"))
    served = model("small", profile("bf16", memoryPerGpu="34Gi"))
    plan = make_plan(fleet_of([document, served, deployment("small", "small", replicas=60)]))
    assert [(each.replicas, each.node_pool) for each in plan.placements] == [(60, "h100-mig")]


def test_pools_with_generated_names_are_selected_by_their_compute_class() -> None:
    nodes = [auto_provisioned(f"n-{end}", f"nap-a3-highgpu-8g-gpu8-{end}", end[0]) for end in ("b1a2b3c4", "c9f8e7d6")]
    by_class = {CLASS: "small-slices", PARTITION: "3g.40gb", ACCELERATOR: "nvidia-h100-80gb"}
    pools, comments = described(nodes)
    assert {name: (each["nodeSelector"], each["nodeCount"]) for name, each in pools.items()} == {
        "small-slices": (by_class, 2)
    }
    assert [each for each in comments if "CHECK: " in each] == []
    assert verifies(nodes) == []
    # One alone comes and goes as well.
    pools, _ = described(nodes[:1])
    assert [(name, each["nodeSelector"]) for name, each in pools.items()] == [("small-slices", by_class)]


def test_another_priority_of_the_class_is_another_pool() -> None:
    other = auto_provisioned("n-x", "nap-a2-ultragpu-8g-gpu8-0f0f0f0f", "b")
    other = labelled(other, {ACCELERATOR: "nvidia-a100-80gb", MACHINE: "a2-ultragpu-8g"})
    nodes = [auto_provisioned("n-y", "nap-a3-highgpu-8g-gpu8-1a2b3c4d", "b"), other]
    pools, _ = described(nodes)
    assert sorted(each["nodeSelector"][ACCELERATOR] for each in pools.values()) == [
        "nvidia-a100-80gb",
        "nvidia-h100-80gb",
    ]
    assert all(GKE_POOL not in each["nodeSelector"] for each in pools.values())


def test_a_generated_name_that_nothing_else_replaces_is_said() -> None:
    one = auto_provisioned("n-a", "nap-a3-highgpu-8g-gpu8-1a2b3c4d", "b")
    one = changed(changed(one, "metadata", "labels", CLASS, to=None), "spec", "taints", to=[])
    by_hand = labelled(one, {GKE_POOL: "by-hand", "kubernetes.io/hostname": "n-b"})
    by_hand = changed(changed(by_hand, "metadata", "name", to="n-b"), "status", "allocatable", "cpu", to="32")
    pools, comments = described([one, by_hand])
    assert sorted(each["nodeSelector"][GKE_POOL] for each in pools.values()) == [
        "by-hand",
        "nap-a3-highgpu-8g-gpu8-1a2b3c4d",
    ]
    assert any(
        "CHECK: the name nap-a3-highgpu-8g-gpu8-1a2b3c4d is generated and goes with its node group" in each
        for each in comments
    )


def test_generated_names_of_several_node_groups_are_said() -> None:
    """A pool without a ComputeClass has no other value of it, so the names are what tells the two apart."""
    names = ("nap-a3-highgpu-8g-gpu8-1a2b3c4d", "nap-a3-highgpu-8g-gpu8-9f8e7d6c")
    nodes = [auto_provisioned(f"n-{name[-8:]}", name, name[-1]) for name in names]
    by_hand = labelled(auto_provisioned("n-hand", "by-hand", "c"), {})
    by_hand = changed(changed(by_hand, "metadata", "labels", CLASS, to=None), "spec", "taints", to=[])
    pools, comments = described([*nodes, by_hand])
    assert sorted(each["nodeCount"] for each in pools.values()) == [1, 2]
    said = "the names nap-a3-highgpu-8g-gpu8-1a2b3c4d, nap-a3-highgpu-8g-gpu8-9f8e7d6c are generated and go with their"
    (check,) = (each for each in comments if said in each)
    assert check.endswith(
        f"give the node pools without a ComputeClass a node label {CLASS} of their own, and discover again: these "
        "are then selected by their class"
    )
    # As it says: a class of its own for the pool that was made by hand.
    pools, comments = described([*nodes, labelled(by_hand, {CLASS: "by-hand"})])
    assert {each["nodeCount"]: each["nodeSelector"] for each in pools.values()} == {
        2: {CLASS: "small-slices", PARTITION: "3g.40gb", ACCELERATOR: "nvidia-h100-80gb"},
        1: {CLASS: "by-hand"},
    }
    assert [each for each in comments if "generated" in each] == []


def test_a_class_that_two_node_groups_have_is_no_remedy() -> None:
    """Both are of one class and differ in their CPUs."""
    nodes = [auto_provisioned(f"n-{end}", f"nap-a3-highgpu-8g-gpu8-{end}", end[0]) for end in ("b1a2b3c4", "c9f8e7d6")]
    nodes[1] = changed(nodes[1], "status", "allocatable", "cpu", to="32")
    _, comments = described(nodes)
    assert not any("without a ComputeClass" in each for each in comments)
    # Nor where a third has none: nothing but their names tells the three apart.
    third = auto_provisioned("n-x", "nap-a3-highgpu-8g-gpu8-0f0f0f0f", "b")
    del third["metadata"]["labels"][CLASS]
    nodes[1] = labelled(nodes[1], {ZONE: "europe-west4-b"})
    _, comments = described([*nodes, changed(third, "status", "allocatable", "cpu", to="16")])
    assert any("generated" in each for each in comments)
    assert not any("without a ComputeClass" in each for each in comments)


@pytest.mark.parametrize(
    ("label", "names", "more"),
    [
        (NODEGROUP, ("gpu-2026071210101011100000001", "gpu-2026080110101011100000007"), {}),
        (
            KARPENTER,
            ("gpu-a", "gpu-b"),
            {"karpenter.sh/capacity-type": "on-demand", "karpenter.k8s.aws/ec2nodeclass": "gpu"},
        ),
        (AGENTPOOL, ("gpua", "gpub"), {"kubernetes.azure.com/mode": "user"}),
        ("node.cluster.x-k8s.io/pool", ("md-0-x", "md-1-x"), {"team": "ml"}),
    ],
)
def test_node_groups_of_other_clouds(label: str, names: tuple[str, str], more: dict[str, str]) -> None:
    nodes = [
        node_json(
            f"n-{index}",
            {label: name, "nvidia.com/gpu.product": H100, "nvidia.com/gpu.count": "8", ZONE: f"z-{index}"}
            | {MACHINE: "m8", "agentpool": name, "kubernetes.azure.com/node-image-version": f"v{index}"}
            | {"example.com/id": f"0a1b2c3d-0000-4000-8000-00000000000{index}"}
            | more,
            {GPU: 8},
        )
        for index, name in enumerate(names)
    ]
    pools, _ = described(nodes)
    (pool,) = pools.values()
    assert pool["nodeCount"] == 2
    assert pool["nodeSelector"] == {MACHINE: "m8"}
    assert verifies(nodes) == []


@pytest.mark.parametrize(
    ("name", "selector"),
    [
        ("gpu-2026071210101011100000001", {MACHINE: "p5.48xlarge"}),
        ("prod-gpu-1a2b3c4", {MACHINE: "p5.48xlarge"}),
        ("Cluster-NodegroupGpu-aB3dE5gH7jK9", {MACHINE: "p5.48xlarge"}),
        # Chosen by a person: versions, dates and GPU models.
        ("gpu-h100-80gb", {NODEGROUP: "gpu-h100-80gb"}),
        ("gpu-20260712", {NODEGROUP: "gpu-20260712"}),
        ("v2", {NODEGROUP: "v2"}),
    ],
)
def test_a_generated_name_of_the_only_node_group_selects_nothing(name: str, selector: dict[str, str]) -> None:
    labels = {NODEGROUP: name, MACHINE: "p5.48xlarge", "nvidia.com/gpu.product": H100, "nvidia.com/gpu.count": "8"}
    (pool,) = described([node_json("n", labels, {GPU: 8}), node_json("cpu", {MACHINE: "m7i.large"})])[0].values()
    assert pool["nodeSelector"] == selector


APART: dict[str, Json] = {
    "another GPU": labelled(B, {"nvidia.com/gpu.product": "NVIDIA-H200", MACHINE: "p5e.48xlarge"}),
    "a taint": changed(B, "spec", "taints", to=[{"key": "team", "value": "x", "effect": "NoSchedule"}]),
    "fewer CPUs": changed(B, "status", "allocatable", "cpu", to="60"),
    "less memory": changed(B, "status", "allocatable", "memory", to="490Gi"),
    "more storage": changed(B, "status", "allocatable", "ephemeral-storage", to="1Ti"),
    "another number of pods": changed(B, "status", "allocatable", "pods", to="30"),
    "a network device": changed(B, "status", "allocatable", "vpc.amazonaws.com/efa", to="32"),
    "fewer slices": changed(B, "status", "allocatable", "nvidia.com/mig-3g.40gb", to="14"),
    "slices of another profile beside": changed(B, "status", "allocatable", "nvidia.com/mig-1g.10gb", to="7"),
    "whole GPUs beside": changed(B, "status", "allocatable", GPU, to="4"),
    "another layout": labelled(B, {"nvidia.com/mig.config": "custom"}),
    "spot capacity": labelled(B, {"eks.amazonaws.com/capacityType": "SPOT"}),
    "another team": labelled(B, {"team": "h100-b"}),
    "a name for Slicewise": labelled(B, {"slicewise.dev/pool": "b"}),
    "another machine type": labelled(B, {MACHINE: "p5.4xlarge"}),
    "another region": labelled(B, {"topology.kubernetes.io/region": "eu-west-1"}),
}


@pytest.mark.parametrize("other", APART.values(), ids=APART)
def test_what_differs_in_anything_else_stays_apart(other: Json) -> None:
    first = labelled(
        A, {"eks.amazonaws.com/capacityType": "ON_DEMAND", "topology.kubernetes.io/region": "eu-central-1"}
    )
    own = {"eks.amazonaws.com/capacityType": "ON_DEMAND", "topology.kubernetes.io/region": "eu-central-1"}
    other = labelled(other, own | other["metadata"]["labels"])
    pools, comments = described([first, other])
    selected = [each["nodeSelector"] for each in pools.values()]
    assert {each.get(NODEGROUP, each.get("slicewise.dev/pool")) for each in selected} & {"h100-a", "h100-b", "b"}
    assert sum(each["nodeCount"] for each in pools.values()) >= 2
    assert not any("differ in their names and zones alone" in each for each in comments)


def test_names_for_slicewise_keep_node_groups_apart_also_where_they_are_theirs() -> None:
    nodes = [labelled(node, {"slicewise.dev/pool": node["metadata"]["labels"][NODEGROUP]}) for node in (A, B)]
    pools, _ = described(nodes)
    assert [each["nodeSelector"] for each in pools.values()] == [
        {"slicewise.dev/pool": "h100-a"},
        {"slicewise.dev/pool": "h100-b"},
    ]


def test_as_many_slices_of_another_profile_stay_apart() -> None:
    def cut(node: Json, *profiles: str) -> Json:
        resources = {f"nvidia.com/mig-{profile}": "4" for profile in profiles}
        sizes = {f"{resource}.count": "4" for resource in resources}
        return changed(labelled(node, sizes), "status", "allocatable", to={"cpu": "64", "memory": "512Gi"} | resources)

    pools, _ = described([cut(A, "1g.10gb", "2g.20gb"), cut(B, "1g.10gb", "3g.40gb")])
    assert [each["nodeCount"] for each in pools.values()] == [1, 1]


@pytest.mark.parametrize(
    "path_and_value",
    [
        ("status", "allocatable", "memory", "511Gi"),
        ("metadata", "labels", "nvidia.com/gpu.machine", "other"),
        ("metadata", "labels", "nodegroup", "h100-b"),
        ("metadata", "labels", "az", "b"),
        ("metadata", "labels", "rack", "r7"),
        ("metadata", "labels", "example.com/rack-id", "r7"),
        ("metadata", "labels", "example.com/datacenter", "b"),
        ("metadata", "labels", "dc", "b"),
    ],
)
def test_what_only_seems_to_differ_is_one_pool(path_and_value: tuple[str, ...]) -> None:
    *path, value = path_and_value
    first = labelled(A, {"nvidia.com/gpu.machine": "one", "nodegroup": "h100-a", "az": "a"})
    second = labelled(B, {"nvidia.com/gpu.machine": "one", "nodegroup": "h100-b", "az": "b"})
    pools, _ = described([first, changed(second, *path, to=value)])
    assert [each["nodeCount"] for each in pools.values()] == [2]


def test_labels_that_every_node_has_a_value_of_its_own_of_tell_no_groups_apart() -> None:
    first = [labelled(eks(f"a-{n}", "h100-a", "a"), {"example.com/serial": f"s{n}"}) for n in range(3)]
    pools, _ = described([*first, labelled(B, {"example.com/serial": "s9"})])
    assert [each["nodeCount"] for each in pools.values()] == [4]
    # One that two nodes share says what they are.
    shared = [*first[:2], labelled(first[2], {"example.com/serial": "s0"}), labelled(B, {"example.com/serial": "s9"})]
    assert sorted(each["nodeCount"] for each in described(shared)[0].values()) == [1, 3]


@pytest.mark.parametrize(
    ("names", "labels", "joined"),
    [
        # A label does not name a machine because it has letters of its name: `4` of t4, `n1` of n1-standard.
        (("4", "8"), ({"team": "t4"}, {"team": "t8"}), False),
        (("n1", "n2"), ({"family": "n1-standard"}, {"family": "n2-standard"}), False),
        (("gpu", "big"), ({"use": "gpu-large"}, {"use": "big-large"}), False),
        (("node1", "node2"), ({"use": "node10"}, {"use": "node20"}), False),
        # Names of machines, by themselves and within others.
        (("a", "b"), ({"example.com/called": "a"}, {"example.com/called": "b"}), True),
        (("gpu-07", "gpu-08"), ({"example.com/fqdn": "gpu-07.lab"}, {"example.com/fqdn": "gpu-08.lab"}), True),
    ],
)
def test_labels_that_contain_the_name_of_a_machine(
    names: tuple[str, str], labels: tuple[dict[str, str], dict[str, str]], joined: bool
) -> None:
    groups = zip(names, ("h100-a", "h100-b"), "ab", labels, strict=True)
    pools, _ = described([labelled(eks(name, group, zone), more) for name, group, zone, more in groups])
    assert [each["nodeCount"] for each in pools.values()] == ([2] if joined else [1, 1])


def test_a_label_of_groups_that_has_letters_of_their_names_says_what_they_are() -> None:
    def described_with(*values: str) -> list[int]:
        nodes = [
            labelled(eks(f"n-{zone}", zone, zone), {"owner-group": value})
            for zone, value in zip("ab", values, strict=True)
        ]
        return [each["nodeCount"] for each in described(nodes)[0].values()]

    assert described_with("batch", "lab") == [1, 1]
    assert described_with("prod-a", "prod-b") == [2]


def test_slices_of_generated_pools_without_a_class_are_those_of_one_model() -> None:
    """GKE makes A100 40GB and H100 nodes with slices that are called 1g.10gb, and both may come and go."""
    labels = {ACCELERATOR: "nvidia-tesla-a100", PARTITION: "1g.10gb", MACHINE: "a2-highgpu-8g"}
    nodes = [
        labelled(auto_provisioned(f"n-{end}", f"nap-a2-highgpu-8g-gpu8-{end}", end[0]), labels)
        for end in ("b1a2b3c4", "c9f8e7d6")
    ]
    for node in nodes:
        del node["metadata"]["labels"][CLASS]
        node["spec"]["taints"] = []
        node["status"]["allocatable"][GPU] = "32"
    for some in (nodes, nodes[:1]):
        (pool,) = described(some)[0].values()
        assert pool["nodeSelector"] == {PARTITION: "1g.10gb", ACCELERATOR: "nvidia-tesla-a100"}


def test_whole_gpus_of_generated_pools_are_selected_by_what_gke_makes_them_for() -> None:
    """Without the GPU model in a pod's nodeSelector no node pool with GPUs is made for it."""
    nodes = [auto_provisioned(f"n-{end}", f"nap-a3-highgpu-8g-gpu8-{end}", end[0]) for end in ("b1a2b3c4", "c9f8e7d6")]
    for node in nodes:
        for key in (CLASS, PARTITION):
            del node["metadata"]["labels"][key]
        node["spec"]["taints"] = []
        node["status"]["allocatable"][GPU] = "8"
    for some in (nodes, nodes[:1]):
        (pool,) = described(some)[0].values()
        assert pool["nodeSelector"] == {ACCELERATOR: "nvidia-h100-80gb"}
        assert verifies(some) == []


def test_gpus_that_nothing_names_may_be_of_any_kind() -> None:
    nodes = [node_json(f"n-{index}", {NODEGROUP: name}, {GPU: 8}) for index, name in enumerate(("one", "other"))]
    assert len(described(nodes)[0]) == 2


def test_a_list_of_names_where_nothing_else_tells_them_from_others() -> None:
    """The third node group has fewer CPUs, which no label says."""
    third = changed(eks("n-c", "small-c", "c"), "status", "allocatable", "cpu", to="16")
    nodes = [A, B, third]
    pools, _ = described(nodes)
    assert [each["nodeSelector"] for each in pools.values()] == [
        {NODEGROUP: ["h100-a", "h100-b"]},
        {NODEGROUP: "small-c"},
    ]
    assert verifies(nodes) == []
    # A label of the operator's own is better.
    labels: list[Any] = [{"size": "large"}, {"size": "large"}, {"size": "small"}]
    named = [labelled(node, each) for node, each in zip(nodes, labels, strict=True)]
    assert sorted(each["nodeSelector"].get("size", "") for each in described(named)[0].values()) == ["large", "small"]
    assert verifies(named) == []


def test_what_node_groups_may_grow_to_is_counted_together() -> None:
    bounds = [NodeGroupBounds(f"eks-h100-{zone}-d2c5b1a0-1234-5678-9abc-def01234567{zone}", 0, 4) for zone in "ab"]
    (pool,) = described([A, B], bounds=bounds)[0].values()
    assert pool["maxNodeCount"] == 8
