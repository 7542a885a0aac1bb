"""What MIG manager is asked for, beside what a recorded node has: a layout that is there, and one that is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slicewise.clusters.discover.discovery import describe_cluster
from slicewise.clusters.live.facts import LiveCluster
from slicewise.clusters.live.nodes import live_node
from slicewise.clusters.verify.verification import compare_clusters
from slicewise.planning import make_plan
from tests.unit.clusters.discover.describing import loaded
from tests.unit.clusters.kubernetes_json import node_json
from tests.unit.clusters.recorded.nodes import LARGE, LAYOUTS, OWN, RECORDED, cluster
from tests.unit.clusters.recorded.truth import is_as_it_should_be, shares

CUT_ALIKE = [
    name
    for name, layout in LAYOUTS.items()
    if name.split("/")[1].startswith("all-1g.") and is_as_it_should_be(layout) and not shares(layout)
]
WHOLE = [name for name in LAYOUTS if name.count("/") == 2 and "+" not in name and name.split("/")[1] == "whole"]


def asked(name: str, layout: str) -> LiveCluster:
    """Return a cluster of one recorded node on which MIG manager says that it has made a layout."""
    labels = {"nvidia.com/mig.config": layout, "nvidia.com/mig.config.state": "success"}
    node = RECORDED[name]
    there = node_json("n", {**node.labels[0], **OWN, **labels}, {**node.resources, **LARGE})
    return replace(cluster(name, 0), nodes=(live_node(there),))


def codes(there: LiveCluster) -> list[str]:
    """Return what verifying says of what is discovered."""
    fleet = loaded(describe_cluster(there, "prod", "prod-kubeconfig"))
    return [each.code.value for each in compare_clusters(fleet, make_plan(fleet), {"prod": there}).differences]


@pytest.mark.parametrize("name", CUT_ALIKE)
def test_the_layout_that_is_there(name: str) -> None:
    assert codes(asked(name, name.split("/")[1])) == []


@pytest.mark.parametrize("name", WHOLE)
def test_whole_gpus_as_asked_for(name: str) -> None:
    assert codes(asked(name, "all-disabled")) == []


@pytest.mark.parametrize("layout", ["all-disabled", "all-7g.20gb", "all-2g.9gb"])
@pytest.mark.parametrize("name", [name for name in CUT_ALIKE if "max-q" not in name])
def test_slices_of_another_profile_than_asked_for(name: str, layout: str) -> None:
    # Of a profile that no GPU of the node has, MIG manager makes nothing, and says success.
    assert codes(asked(name, layout)) == ["SW611"]


@pytest.mark.parametrize("layout", ["all-1g.10gb", "all-3g.71gb", "all-balanced"])
@pytest.mark.parametrize("name", WHOLE)
def test_whole_gpus_where_slices_are_asked_for(name: str, layout: str) -> None:
    assert codes(asked(name, layout)) == ["SW611"]
