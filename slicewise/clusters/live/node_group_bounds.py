"""Which node groups of cluster-autoscaler nodes belong to, by the names that clouds give to both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from slicewise.clusters.live.facts import LiveNode, NodeGroupBounds
from slicewise.clusters.live.group_names import POOL_LABELS

# EKS calls the Auto Scaling group of a managed node group eks-<node group>-<UUID>.
_EKS: Final = re.compile(r"eks-(?P<group>.+)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# GKE: instance group gke-c-pool-0123abcd-grp, node gke-c-pool-0123abcd-x1y2. AKS: aks-pool-123-vmss and ...vmss00000a.
_NODE_SUFFIX: Final = re.compile(r"-[0-9a-z]{4}|[0-9a-z]{6}")


def belongs(node: LiveNode, bounds: NodeGroupBounds) -> bool:
    """Return whether `node` is of the node group of `bounds`."""
    # On GCE the group is the URL of an instance group, in Cluster API a path.
    name = bounds.group.rpartition("/")[2]
    pools = [node.labels[key] for key in POOL_LABELS if node.labels.get(key)]
    managed = _EKS.fullmatch(name)
    if name in pools or (managed and managed["group"] in pools):
        return True
    prefix = name.removesuffix("-grp")
    return node.name.startswith(prefix) and bool(_NODE_SUFFIX.fullmatch(node.name[len(prefix) :]))


def most_nodes(nodes: Sequence[LiveNode], others: Sequence[LiveNode], bounds: Sequence[NodeGroupBounds]) -> int | None:
    """Return how many nodes the groups of `nodes` may have; None where that is not said of all of them.

    Args:
        nodes: The nodes of a pool.
        others: Nodes of other pools of the same resource: a group that has them too says nothing of one pool.
        bounds: All node groups.
    """
    groups = [group for group in bounds if any(belongs(node, group) for node in nodes)]
    covered = all(any(belongs(node, group) for group in groups) for node in nodes)
    if not groups or not covered or any(belongs(node, group) for node in others for group in groups):
        return None
    return max(sum(group.largest for group in groups), len(nodes))
