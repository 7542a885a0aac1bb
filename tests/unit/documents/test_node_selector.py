"""Labels of a nodeSelector with a list of values: which nodes are meant, and which pools may share one."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from slicewise.documents import InferenceEnvironment
from slicewise.documents.environment import NodePool
from slicewise.documents.node_selector import exclude_each_other, selected_labels, selects, written_label
from tests.documents import environment, pool
from tests.unit.documents.advising import advice
from tests.unit.documents.documents import pools
from tests.unit.documents.loader import Loader

VALUES = ("a", "b", "c")
LISTS: list[tuple[str, ...]] = [each for size in (1, 2, 3) for each in combinations(VALUES, size)]
SAID: list[str | tuple[str, ...]] = ["", *VALUES, *LISTS]
# Every selector by two labels: each left out, a text, or a list.
SELECTORS: list[dict[str, str | tuple[str, ...]]] = [
    {key: said for key, said in zip(("zone", "disk"), pair, strict=True) if said} for pair in product(SAID, repeat=2)
]
NODES = [
    {key: value for key, value in zip(("zone", "disk"), pair, strict=True) if value}
    for pair in product(["", *VALUES], repeat=2)
]


def parsed(**fields: object) -> NodePool:
    declared = InferenceEnvironment.model_validate(environment("e", pool("p", **fields)))
    return declared.spec.node_pools[0]


def test_a_text_is_one_value_and_a_list_any_of_its_own() -> None:
    declared = parsed(nodeSelector={"pool": "x", "zone": ["b", "a"], "disk": ["ssd"]})
    assert declared.selected == {"pool": {"x"}, "zone": {"a", "b"}, "disk": {"ssd"}}
    node = {"pool": "x", "zone": "a", "disk": "ssd", "more": "y"}
    assert selects(declared.selected, node)
    for other in ({"zone": "c"}, {"pool": "y"}, {"disk": ""}):
        assert not selects(declared.selected, node | other)
    del node["zone"]
    assert not selects(declared.selected, node)


def test_selectors_exclude_each_other_where_no_node_has_the_labels_of_both() -> None:
    """As Kubernetes reads them, tried on every node of two labels."""
    for one in SELECTORS:
        for other in SELECTORS:
            mine, theirs = selected_labels(one), selected_labels(other)
            both = any(selects(mine, node) and selects(theirs, node) for node in NODES)
            assert exclude_each_other(mine, theirs) is not both, (one, other)


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        (["a", "b"], ["c", "d"], False),
        (["a", "b"], "c", False),
        (["a", "b"], "a", True),
        (["a", "b"], ["b", "c"], True),
        (["a"], "a", True),
    ],
)
def test_pools_whose_lists_have_a_value_in_common_may_share_nodes(
    loader: Loader, one: object, other: object, *, refused: bool
) -> None:
    document = pools({"name": "one", "nodeSelector": {"z": one}}, {"name": "other", "nodeSelector": {"z": other}})
    if refused:
        (line,) = loader.refuse(document)
        assert line.endswith("[SW213]")
    else:
        loader.accept(document)


def test_the_same_nodes_in_another_order_are_counted_once(loader: Loader) -> None:
    mig = {"enabled": True, "profile": "1g.10gb"}
    cut = {"memoryPerGpu": "9Gi", "migConfiguration": mig}
    shared = [
        {"name": "cut", "nodeSelector": {"z": ["a", "b"]}, "capabilities": cut},
        {"name": "whole", "nodeSelector": {"z": ["b", "a"]}, "capabilities": {"memoryPerGpu": "79Gi"}},
    ]
    (line,) = advice(loader, pools(*shared))
    assert "belongs to" in line
    assert line.endswith("[SW324]")


def test_a_value_of_a_list_may_contradict_the_declared_gpus(loader: Loader) -> None:
    products = ["NVIDIA-H100-80GB-HBM3", "NVIDIA-A100-SXM4-40GB"]
    listed = {"nodeSelector": {"nvidia.com/gpu.product": products}, "acceleratorType": "nvidia-h100-80gb"}
    (line,) = advice(loader, pools({**listed, "capabilities": {"memoryPerGpu": "79Gi"}}))
    assert 'nodeSelector["nvidia.com/gpu.product"][1]' in line
    assert line.endswith("[SW326]")


def test_a_label_is_written_as_kubectl_reads_it() -> None:
    assert written_label("zone", frozenset({"a"})) == "zone=a"
    assert written_label("zone", frozenset({"b", "a"})) == "zone in (a,b)"
