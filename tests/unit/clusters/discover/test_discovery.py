"""Clusters of which no document, or only part of one, can be written."""

from __future__ import annotations

import pytest

from slicewise.clusters.discover.discovery import NothingToDeclareError, describe_cluster
from tests.unit.clusters.discover.describing import GPU, POOL, cluster_of, described, gfd
from tests.unit.clusters.kubernetes_json import node_json


def test_a_cluster_without_gpus() -> None:
    with pytest.raises(NothingToDeclareError, match="1 node read, and none offers nvidia"):
        describe_cluster(cluster_of([node_json("n")]), "prod", "s")
    with pytest.raises(NothingToDeclareError, match="the device plugin offers none: n"):
        describe_cluster(cluster_of([gfd("n", units=0)]), "prod", "s")


def test_more_pools_than_a_document_holds() -> None:
    nodes = [node_json(f"n-{number}", {POOL: f"p-{number}"}, {GPU: 1 + number}) for number in range(70)]
    pools, comments = described(nodes)
    assert set(pools) == {f"p-{number}" for number in range(6, 70)}
    assert sum(comment.startswith("CHECK: an environment has at most 64 pools") for comment in comments) == 6
