"""Recorded nodes of one board in one cluster, cut in every way that works, with and without labels that part them."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest

from slicewise.clusters.discover.discovery import describe_cluster
from slicewise.clusters.verify.verification import compare_clusters
from slicewise.planning import make_plan
from tests.unit.clusters.discover.describing import cluster_of, loaded
from tests.unit.clusters.kubernetes_json import Json, node_json
from tests.unit.clusters.recorded.nodes import LARGE, LAYOUTS, OWN, RECORDED, planned_units
from tests.unit.clusters.recorded.truth import is_as_it_should_be, shares, usable_units

SOUND = [
    name
    for name, layout in LAYOUTS.items()
    if name.count("/") == 2 and is_as_it_should_be(layout) and not shares(layout) and len(RECORDED[name].labels) == 1
]
CLUSTERS = sorted({(name.split("/")[0], name.split("/")[2]) for name in SOUND})


def node(name: str, is_labelled: bool) -> Json:
    """Return a node as recorded, with or without the label by which MIG manager was asked for a layout of one's own."""
    kind = name.split("/")[1]
    asked = {"nvidia.com/mig.config": f"our-{kind}", "nvidia.com/mig.config.state": "success"} if is_labelled else {}
    recorded = RECORDED[name]
    labels = {**recorded.labels[0], **OWN, **asked}
    return node_json(name.replace("/", "-").replace("+", "-"), labels, {**recorded.resources, **LARGE})


@pytest.mark.parametrize(
    ("board", "strategy", "labelled"),
    [(*each, how) for each, how in product(CLUSTERS, ("labelled", "unlabelled"))],
)
def test_all_that_can_run_is_planned_and_nothing_differs(board: str, strategy: str, labelled: str) -> None:
    names = [name for name in SOUND if name.startswith(f"{board}/") and name.endswith(f"/{strategy}")]
    cluster = cluster_of([node(name, labelled == "labelled") for name in names])
    fleet = loaded(describe_cluster(cluster, "prod", "prod-kubeconfig"))
    assert [each.code for each in compare_clusters(fleet, make_plan(fleet), {"prod": cluster}).differences] == []
    can_run: Counter[str] = Counter()
    for name in names:
        can_run.update({resource: units.count for resource, units in usable_units(LAYOUTS[name]).items()})
    assert planned_units(fleet, 1024, can_run.total() + 1) == can_run
