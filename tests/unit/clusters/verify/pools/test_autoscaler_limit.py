"""Whether an autoscaled pool may grow as far as it is declared to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from slicewise.clusters.live.facts import NodeGroupBounds
from tests.documents import deployment, pool
from tests.unit.clusters.built_clusters import found, only
from tests.unit.clusters.verify.pools.as_declared import ERROR, LARGE, WARNING, here

# EKS names the Auto Scaling group of a node group so.
EKS_GROUP = "eks-whole-0a1b2c3d-1111-2222-3333-444455556666"


@pytest.mark.parametrize(
    ("maximum", "replicas", "bounds", "expected"),
    [
        (8, 8, [NodeGroupBounds(EKS_GROUP, 1, 8)], []),
        (8, 8, [NodeGroupBounds(EKS_GROUP, 1, 9)], []),
        (8, 8, [], []),
        (8, 8, [NodeGroupBounds("eks-other-0a1b2c3d-1111-2222-3333-444455556666", 1, 4)], []),
        (8, 32, [NodeGroupBounds(EKS_GROUP, 1, 4)], [("whole", "SW622", WARNING)]),
        (8, 33, [NodeGroupBounds(EKS_GROUP, 1, 4)], [("whole", "SW622", ERROR)]),
        (None, 8, [NodeGroupBounds(EKS_GROUP, 1, 4)], []),
    ],
)
def test_what_an_autoscaler_may_add(
    maximum: int | None, replicas: int, bounds: list[NodeGroupBounds], expected: list[Any]
) -> None:
    labels = {"eks.amazonaws.com/nodegroup": "whole"}
    scaled = {} if maximum is None else {"maxNodeCount": maximum}
    documents, cluster = here(
        pool("whole", nodeSelector=labels, nodeCount=1, **scaled),
        more=(LARGE, deployment("big", "large", replicas=replicas)),
    )
    assert found(documents, replace(cluster, bounds=tuple(bounds))) == expected


def test_the_autoscalers_limit_and_the_units_that_it_leaves() -> None:
    documents, cluster = here(
        pool("whole", nodeSelector={"eks.amazonaws.com/nodegroup": "whole"}, nodeCount=1, maxNodeCount=8),
        more=(LARGE, deployment("big", "large", replicas=40)),
    )
    told = only(documents, replace(cluster, bounds=(NodeGroupBounds(EKS_GROUP, 1, 4),)))
    expected = (
        "cluster-autoscaler adds nodes up to 4, maxNodeCount is 8, and the plan needs 40 units of 32; "
        "team/big lacks room for 8 of 40 replicas"
    )
    assert (told.message, told.remedy) == (expected, "write maxNodeCount: 4, or raise the node group's limit")
