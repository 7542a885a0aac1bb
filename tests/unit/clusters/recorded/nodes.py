"""The recorded nodes as clusters of one node, and what is known to be wrong about them.

`still_wrong.txt` lists what fails, by the kinds P1 to P13 of known misses; it may only get shorter.
"""

from __future__ import annotations

from pathlib import Path

from embedded.nvidia import layouts, recorded_nodes
from slicewise.clusters.discover.discovery import NothingToDeclareError, describe_cluster
from slicewise.clusters.live.facts import LiveCluster
from slicewise.documents import Fleet
from tests.unit.clusters.discover.describing import cluster_of, loaded
from tests.unit.clusters.kubernetes_json import node_json

LAYOUTS = layouts()
RECORDED = recorded_nodes()
STILL_WRONG = {
    (check, name): kind
    for line in Path(__file__).with_name("still_wrong.txt").read_text(encoding="utf-8").splitlines()
    for kind, check, name in [line.split()]
}
# What an operator's nodes have besides.
OWN = {"node.kubernetes.io/instance-type": "bare-metal", "example.com/rack": "7"}
LARGE = {"cpu": "300", "memory": "4Ti", "pods": "300"}


def cluster(name: str, number: int) -> LiveCluster:
    """Return a cluster with one node as recorded; of several sets of labels that it may get, the given one."""
    node = RECORDED[name]
    labels = node.labels[number] if node.labels else {}
    return cluster_of([node_json("n", {**labels, **OWN}, {**node.resources, **LARGE})])


def discovered(name: str, number: int) -> Fleet | None:
    """Return what `discover` writes, loaded; None where it finds nothing to declare."""
    try:
        return loaded(describe_cluster(cluster(name, number), "prod", "prod-kubeconfig"))
    except NothingToDeclareError:
        return None
