"""Nodes that two pools count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.documents.advising import advice, cut
from tests.unit.documents.documents import pools

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader


def test_a_node_whose_cpus_are_counted_twice(loader: Loader) -> None:
    large = cut("large", "3g.40gb", "39Gi", allocatable={"cpu": "188", "memory": "1900Gi"}, reservedUnits=8)
    small = cut("small", "1g.10gb", "9Gi", allocatable={"cpu": "188"}, reservedUnits=28)
    (line,) = advice(loader, pools(large, small))
    assert line == (
        'InferenceEnvironment mig-a: spec.nodePools[1].allocatable: a node of "small" may belong to "large" too, and '
        "both count cpu 188 of it; if that is all that a node has, write one pool for its nodes, with "
        "migConfiguration.slices and wholeGpus in place of profile; if no node is in both, give their nodeSelectors "
        "one key with different values [SW324]"
    )
    assert len(advice(loader, pools(large, {**small, "allocatable": {"cpu": "188000m"}}))) == 1
    # Shares, as `discover` writes them.
    assert advice(loader, pools(large, {**small, "allocatable": {"cpu": "94", "memory": "950Gi"}})) == []
    assert advice(loader, pools(large, {**small, "allocatable": {}})) == []
    assert advice(loader, pools(large, {**small, "nodeSelector": {"pool": "other"}})) == []


def test_a_node_with_more_gpus_than_it_has_is_in_neither_pool(loader: Loader) -> None:
    """Seven 1g.10gb on each of eight H100s leave no GPU for anything else: `discover` finds two kinds of nodes."""
    has = {"allocatable": {"cpu": "188"}}
    small = cut("small", "1g.10gb", "9Gi", **has) | {"nodeSelector": {"nvidia.com/mig-1g.10gb.count": "56"}}
    large = cut("large", "3g.40gb", "39Gi", **has) | {"nodeSelector": {"nvidia.com/mig-3g.40gb.count": "16"}}
    whole = {"name": "whole", "nodeSelector": {"kubernetes.io/hostname": "n"}, **has}
    whole |= {"capabilities": {"memoryPerGpu": "80Gi"}}
    assert advice(loader, pools(small, large, whole)) == []
    # The model of its GPUs and its zone name no nodes.
    alike = {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "topology.kubernetes.io/zone": "a"}
    cut_small = small | {"nodeSelector": alike | {"eks.amazonaws.com/nodegroup": "small"}}
    assert advice(loader, pools(cut_small, whole | {"nodeSelector": alike | {"team": "a"}})) == []
    # Four GPUs hold 28 of these, so the other four may be whole, or have 3g.40gb.
    half = small | {"reservedUnits": 28, "nodeSelector": {"nvidia.com/mig-1g.10gb.count": "28"}}
    assert advice(loader, pools(half, whole)) == []
    assert len(advice(loader, pools(half, whole | {"reservedUnits": 4}))) == 1
    assert len(advice(loader, pools(half, large | {"reservedUnits": 8}))) == 1
    # Of other GPUs of the node nothing is said.
    a100 = {"acceleratorType": "nvidia-a100-80gb"}
    assert len(advice(loader, pools(small, whole | a100))) == 1


def test_pools_with_a_label_in_common_are_told_by_a_count_of_slices_alone(loader: Loader) -> None:
    has = {"allocatable": {"cpu": "188"}}
    whole = {"name": "whole", "nodeSelector": {"rack": "7"}, "capabilities": {"memoryPerGpu": "80Gi"}, **has}

    def told(*, reserved: int = 0, **labels: object) -> int:
        """Return how many warnings there are where the slices are selected by these labels, and GPUs are reserved."""
        cut_by = {f"nvidia.com/mig-1g.10gb.{name}": value for name, value in labels.items()}
        small = cut("small", "1g.10gb", "9Gi", **has) | {"nodeSelector": {"rack": "7"} | cut_by}
        return len(advice(loader, pools(small, whole | {"reservedUnits": reserved})))

    assert told(count="56") == 0
    # One GPU holds seven, so seven may be whole.
    assert told(count=["56", "7"], reserved=1) == 1
    assert told(count="7", reserved=0) == 0
    assert told(product="56") == 1
    assert told() == 1


def test_gpus_that_two_pools_sell(loader: Loader) -> None:
    """56 slices of 1g.10gb and 16 of 3g.40gb on eight GPUs."""
    large, small = cut("large", "3g.40gb", "39Gi"), cut("small", "1g.10gb", "9Gi")
    (line,) = advice(loader, pools(large, small))
    assert line == (
        'InferenceEnvironment mig-a: spec.nodePools[1].nodeSelector: a node of "small" belongs to "large" too, and '
        "together they count more slices than its 8 GPUs have; write one pool for these nodes, with "
        "migConfiguration.slices and wholeGpus in place of profile: how many slices of each profile a node has, and "
        "GPUs that are not cut; if no node is in both, give their nodeSelectors one key with different values [SW324]"
    )
    # Their CPUs are counted twice, too: one warning says that the two have the same nodes.
    cpus = {"allocatable": {"cpu": "188"}}
    assert advice(loader, pools({**large, **cpus}, {**small, **cpus})) == [line]
    assert advice(loader, pools(large, {**small, "nodeSelector": {"pool": "other"}})) == []
    # Nodes of one label that have other GPUs, or another number of them, are other nodes.
    assert advice(loader, pools(large, {**small, "acceleratorCount": 4})) == []
    a100 = {**small, "acceleratorType": "nvidia-a100-80gb"}
    assert advice(loader, pools(large, a100)) == []
    # Five GPUs of eight are cut in the one way, three in the other, on each of two nodes.
    halves = ({**large, "reservedUnits": 2 * 6, "nodeCount": 2}, {**small, "reservedUnits": 2 * 35, "nodeCount": 2})
    assert advice(loader, pools(*halves)) == []
    # One 3g.40gb more on each node finds room beside small slices; two GPUs' worth do not.
    assert advice(loader, pools({**halves[0], "reservedUnits": 2 * 6 - 1}, halves[1])) == []
    assert len(advice(loader, pools({**halves[0], "reservedUnits": 2 * 2}, halves[1]))) == 1


def test_gpus_that_are_cut_into_several_profiles_at_once(loader: Loader) -> None:
    """All-balanced (mig-parted's name): each H100 has two 1g.10gb, one 2g.20gb and one 3g.40gb."""
    balanced = [
        cut("tiny", "1g.10gb", "9Gi", reservedUnits=56 - 16),
        cut("small", "2g.20gb", "19Gi", reservedUnits=24 - 8),
        cut("large", "3g.40gb", "39Gi", reservedUnits=16 - 8),
    ]
    assert advice(loader, pools(*balanced)) == []
    # A fifth 10 GiB slice of each GPU is one more than the eight slices of memory.
    (line,) = advice(loader, pools({**balanced[0], "reservedUnits": 56 - 24}, *balanced[1:]))
    assert 'a node of "large" belongs to "tiny" and "small" too' in line


def test_whole_gpus_beside_slices_of_the_same_nodes(loader: Loader) -> None:
    whole = {"name": "whole", "nodeSelector": {"pool": "mixed"}, "capabilities": {"memoryPerGpu": "79Gi"}}
    assert len(advice(loader, pools(whole, cut("large", "3g.40gb", "39Gi", reservedUnits=8)))) == 1
    assert advice(loader, pools({**whole, "reservedUnits": 4}, cut("large", "3g.40gb", "39Gi", reservedUnits=8))) == []


def test_slices_that_lack_only_memory(loader: Loader) -> None:
    """Four 1g.20gb have all eight slices of memory, and leave three compute slices that no 1g.10gb can use."""
    wide = cut("wide", "1g.20gb", "19Gi")
    assert len(advice(loader, pools(wide, cut("tiny", "1g.10gb", "9Gi", reservedUnits=56 - 24)))) == 1
