"""Names of pools."""

from __future__ import annotations

from tests.unit.clusters.discover.describing import GPU, described
from tests.unit.clusters.kubernetes_json import node_json


def test_names_of_pools_are_valid_and_unique() -> None:
    labels = ["Pool_One", "pool-one", "x" * 63, "x" * 62 + "y"]
    nodes = [
        node_json(f"n-{number}", {"karpenter.sh/nodepool": label}, {GPU: 1}) for number, label in enumerate(labels)
    ]
    pools, _ = described(nodes)
    assert sorted(pools) == ["pool-one", "pool-one-2", "x" * 38 + "-2", "x" * 40]
