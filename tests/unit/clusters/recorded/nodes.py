"""The recorded nodes as clusters of one node."""

from __future__ import annotations

from collections import Counter
from functools import cache

from embedded.nvidia import layouts, recorded_nodes
from slicewise.clusters.discover.discovery import NothingToDeclareError, describe_cluster
from slicewise.clusters.live.facts import LiveCluster
from slicewise.documents import Fleet
from slicewise.planning import make_plan
from tests.documents import deployment, fleet_of, model, profile
from tests.unit.clusters.discover.describing import cluster_of, loaded
from tests.unit.clusters.kubernetes_json import node_json
from tests.unit.clusters.recorded.truth import is_as_it_should_be

LAYOUTS = layouts()
RECORDED = recorded_nodes()
# NVIDIA's components tell nothing else of these than of nodes on which all is as it should be, or nothing at all, as on
# nodes without GPU feature discovery.
UNTELLABLE = {
    name
    for name, layout in LAYOUTS.items()
    if not is_as_it_should_be(layout)
    and (
        not RECORDED[name].labels
        or any(RECORDED[name] == RECORDED[other] and is_as_it_should_be(LAYOUTS[other]) for other in LAYOUTS)
    )
}
# What an operator's nodes have besides.
OWN = {"node.kubernetes.io/instance-type": "bare-metal", "example.com/rack": "7"}
LARGE = {"cpu": "300", "memory": "4Ti", "pods": "300"}


@cache
def cluster(name: str, number: int) -> LiveCluster:
    """Return a cluster with one node as recorded; of several sets of labels that it may get, the given one."""
    node = RECORDED[name]
    labels = node.labels[number] if node.labels else {}
    return cluster_of([node_json("n", {**labels, **OWN}, {**node.resources, **LARGE})])


@cache
def discovered(name: str, number: int) -> Fleet | None:
    """Return what `discover` writes, loaded; None where it finds nothing to declare."""
    try:
        return loaded(describe_cluster(cluster(name, number), "prod", "prod-kubeconfig"))
    except NothingToDeclareError:
        return None


def planned_units(fleet: Fleet, memory: int, most: int, mig: str = "any") -> Counter[str]:
    """Return how many units of each resource are planned for `most` models of one unit of so many MiB."""
    serving = profile("any", memoryPerGpu=f"{memory}Mi", mig=mig)
    documents = [model("m", serving, cpu="1", memory="1Gi"), *(deployment(f"d{i}", "m") for i in range(most))]
    asked = fleet_of(documents, checked=False)
    plan = make_plan(Fleet(fleet.environments, asked.models, asked.deployments, ()))
    return Counter(placement.resource for placement in plan.placements)
