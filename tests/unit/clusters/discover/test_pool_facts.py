"""What a pool declares of its units: GPU model, profile, number and memory, as far as nodes tell."""

from __future__ import annotations

import pytest

from tests.unit.clusters.discover.describing import GPU, H100, described, gfd
from tests.unit.clusters.kubernetes_json import Json, node_json


def test_slices_that_gke_does_not_advertise_are_what_the_nodes_show() -> None:
    labels = {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb"}
    partitions = {"cloud.google.com/gke-gpu-partition-size": "3g.40gb"}
    nodes = [
        node_json("a", labels | partitions, {"nvidia.com/mig-3g.40gb": 16}),
        node_json("b", labels, {GPU: 8}),
    ]
    pools, comments = described(nodes)
    (cut,) = [each for each in pools.values() if "migConfiguration" in each["capabilities"]]
    assert cut["nodeSelector"] == partitions
    assert cut["capabilities"]["migConfiguration"]["strategy"] == "mixed"
    (check,) = [each for each in comments if "SW302" in each]
    assert check.startswith("CHECK: these nodes advertise nvidia.com/mig-3g.40gb, which GKE's own device plugin never")


def test_whole_gpus_beside_slices_on_one_node() -> None:
    node = gfd("n", "3g.40gb", 11)
    node["status"]["allocatable"][GPU] = "2"
    pools, comments = described([node])
    (pool,) = pools.values()
    assert (pool["acceleratorCount"], pool["capabilities"]["memoryPerGpu"]) == (8, "81559Mi")
    mig = pool["capabilities"]["migConfiguration"]
    assert (mig["slices"], mig["wholeGpus"]) == ({"3g.40gb": 11}, 2)
    assert pool["allocatable"] == {"cpu": "64", "memory": "512Gi"}
    assert checks_of(comments) == []


@pytest.mark.parametrize(
    ("resources", "count"),
    [
        # By their compute slices, of which a GPU has seven: twelve and six, and a whole GPU beside.
        ({"nvidia.com/mig-3g.40gb": 4, "nvidia.com/mig-1g.10gb": 6}, 3),
        ({"nvidia.com/mig-3g.40gb": 4, "nvidia.com/mig-1g.10gb": 6, GPU: 1}, 4),
    ],
)
def test_slices_of_several_profiles_on_gpus_of_which_nothing_is_known(resources: dict[str, int], count: int) -> None:
    pools, comments = described([node_json("n", {}, resources)])
    (pool,) = pools.values()
    mig = pool["capabilities"]["migConfiguration"]
    assert (pool["acceleratorType"], pool["acceleratorCount"]) == ("unknown", count)
    assert mig["slices"] == {"3g.40gb": 4, "1g.10gb": 6}
    assert mig["memoryPerSlice"] == {"3g.40gb": "40Gi", "1g.10gb": "10Gi"}
    nominal = "CHECK: memoryPerSlice of 3g.40gb 40Gi is nominal, no label reports it; a unit has somewhat less"
    assert nominal in comments
    assert f"CHECK: no label says how many GPUs a node has; acceleratorCount {count} is a guess" in comments


def test_what_no_node_could_have_is_two_pools() -> None:
    """Each of two nodes can be cut so; eight H100s with the most of both cannot (MIG User Guide)."""
    nodes = [gfd("a", rack="1"), gfd("b", rack="2")]
    for node, halves, small in zip(nodes, (4, 8), (36, 32), strict=True):
        node["status"]["allocatable"] = {"nvidia.com/mig-3g.40gb": str(halves), "nvidia.com/mig-1g.10gb": str(small)}
    pools, _ = described(nodes)
    found = [pool["capabilities"]["migConfiguration"]["slices"] for pool in pools.values()]
    assert sorted(found, key=lambda slices: slices["3g.40gb"]) == [
        {"3g.40gb": 4, "1g.10gb": 36},
        {"3g.40gb": 8, "1g.10gb": 32},
    ]


def eks(name: str, machine: str, units: int, **labels: str) -> Json:
    """Return a node of an EKS node group without GPU feature discovery."""
    own = {"node.kubernetes.io/instance-type": machine, "eks.amazonaws.com/nodegroup": "br"}
    return node_json(name, own | labels, {GPU: units})


def checks_of(comments: list[str]) -> list[str]:
    return [comment.removeprefix("CHECK: ") for comment in comments if comment.startswith("CHECK: ")]


def test_slices_that_no_label_tells_are_no_gpus() -> None:
    pools, comments = described([eks("n-0", "p4d.24xlarge", 56), eks("n-1", "p4d.24xlarge", 56)])
    pool = pools["br"]
    assert (pool["acceleratorCount"], pool.get("reservedUnits", 0)) == (8, 0)
    assert pool["capabilities"]["migConfiguration"] == {"enabled": True, "profile": "1g.5gb", "strategy": "single"}
    assert pool["capabilities"]["memoryPerGpu"] == "4864Mi"  # nvidia-smi mig -lgip: 4.75 GiB
    assert checks_of(comments) == [
        "no label says what a unit is: 56 units on 8 GPUs would be slices of 1g.5gb, unless GPUs are shared"
    ]


@pytest.mark.parametrize("units", [9, 55, 80])
def test_units_that_fit_no_profile_are_kept_from_models(units: int) -> None:
    pools, comments = described([eks("n-0", "p4d.24xlarge", units), eks("n-1", "p4d.24xlarge", units)])
    pool = pools["br"]
    assert (pool["acceleratorCount"], pool["reservedUnits"]) == (8, 16)
    assert "migConfiguration" not in pool["capabilities"]
    (check,) = [each for each in checks_of(comments) if "slices or shares" in each]
    assert check.startswith(f"a node has 8 GPUs and offers {units} units, ")


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_shares_among_gpus_keep_models_off_both(order: tuple[str, str]) -> None:
    """No label tells the nodes apart, so a pod for a GPU may get a share."""
    whole, cut = order
    nodes = [
        eks(f"{name}-{number}", "p4d.24xlarge", units) for name, units in ((whole, 8), (cut, 20)) for number in "01"
    ]
    pools, _ = described(nodes)
    assert [(pool["nodeCount"], pool["acceleratorCount"], pool["reservedUnits"]) for pool in pools.values()] == [
        (4, 8, 32)
    ]


@pytest.mark.parametrize(
    ("labels", "units", "told"),
    [
        (
            {"node.kubernetes.io/instance-type": "H100-1-80G", "kubernetes.azure.com/agentpool": "p"},
            7,
            "whether a unit is a GPU or a slice; acceleratorCount 7 is a guess",
        ),
        ({}, 7, "whether a unit is a GPU or a slice; acceleratorCount 7 is a guess"),
        # An A10G cannot be cut.
        (
            {"node.kubernetes.io/instance-type": "g5.12xlarge"},
            4,
            "how many GPUs a node has; acceleratorCount 4 is a guess",
        ),
    ],
)
def test_units_of_which_nothing_is_known(labels: dict[str, str], units: int, told: str) -> None:
    _, comments = described([node_json("n", labels, {GPU: units})])
    assert f"CHECK: no label says {told}" in comments


def test_a_node_of_two_gpu_models() -> None:
    node = gfd("n", "3g.40gb", 8)
    node["metadata"]["labels"]["nvidia.com/mig-1g.5gb.product"] = "NVIDIA-A100-SXM4-40GB-MIG-1g.5gb"
    node["status"]["allocatable"]["nvidia.com/mig-1g.5gb"] = "28"
    pools, comments = described([node])
    assert {name: (pool["acceleratorType"], pool["acceleratorCount"]) for name, pool in pools.items()} == {
        "h100-80gb-3g-40gb": (H100, 8),
        "a100-40gb-1g-5gb": ("NVIDIA-A100-SXM4-40GB", 4),
    }
    assert checks_of(comments) == [
        "GPUs of another model are in a node, too: acceleratorCount 4 is what holds these slices"
    ]


def test_a_profile_that_the_model_lacks() -> None:
    _, comments = described([gfd("n", "1g.5gb", 28)])
    assert "CHECK: the catalogue knows no 1g.5gb of h100-80gb: is it another GPU model?" in comments
    _, comments = described([gfd("n", "1g.10gb", 56)])
    assert checks_of(comments) == []


def test_resources_that_time_slicing_renames_are_in_no_pool() -> None:
    nodes = [gfd("whole", zone="a"), gfd("renamed", zone="b", nvidia_com__gpu_replicas="4")]
    nodes[1]["status"]["allocatable"] = {"nvidia.com/gpu.shared": "32"}
    pools, comments = described(nodes)
    assert [pool["nodeCount"] for pool in pools.values()] == [1]
    assert "CHECK: nvidia.com/gpu.shared is not a resource that a pool can declare: renamed" in comments


@pytest.mark.parametrize(
    ("labels", "resources", "type_", "count", "slices"),
    [
        ({}, {"nvidia.com/mig-3g.40gb": 4}, "unknown", 2, 2),
        (
            {"nvidia.com/gpu.product": "NVIDIA-Z900", "nvidia.com/gpu.count": "2"},
            {"nvidia.com/mig-1g.99gb": 14},
            "NVIDIA-Z900",
            2,
            7,
        ),
        ({"nvidia.com/gpu.product": H100, "nvidia.com/gpu.count": "2"}, {"nvidia.com/mig-1g.99gb": 14}, H100, 2, 7),
        (
            {"nvidia.com/gpu.product": "NVIDIA-H20", "nvidia.com/gpu.count": "1"},
            {"nvidia.com/mig-1g.18gb": 7},
            "h20-141gb",
            1,
            None,
        ),
    ],
)
def test_slices_that_the_catalogue_does_not_know(
    labels: dict[str, str], resources: dict[str, int], type_: str, count: int, slices: int | None
) -> None:
    pools, _ = described([node_json("n", labels, resources)])
    (pool,) = pools.values()
    assert (pool["acceleratorType"], pool["acceleratorCount"]) == (type_, count)
    assert pool["capabilities"]["migConfiguration"].get("slicesPerGpu") == slices


@pytest.mark.parametrize(
    ("reported", "profile", "declared"),
    [
        ("20096", "2g.20gb", "20096Mi"),
        ("9984", "1g.10gb", "9984Mi"),
        ("16384", "1g.10gb", "9984Mi"),  # never above what is known of the profile
        ("", "3g.40gb", "40448Mi"),
    ],
)
def test_memory_of_a_slice(reported: str, profile: str, declared: str) -> None:
    labels = {f"nvidia.com/mig-{profile}.memory": reported, "nvidia.com/gpu.product": H100, "nvidia.com/gpu.count": "1"}
    (pool,) = described([node_json("n", labels, {f"nvidia.com/mig-{profile}": 1})])[0].values()
    mig = pool["capabilities"]["migConfiguration"]
    # What the catalogue knows need not be written.
    known = {"2g.20gb": "20096Mi", "1g.10gb": "9984Mi", "3g.40gb": "40448Mi"}[profile]
    assert mig.get("memoryPerSlice", {}).get(profile, known) == declared
