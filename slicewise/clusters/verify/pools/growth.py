"""Whether an autoscaled pool may grow as far as it is declared to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from slicewise.clusters.live import LiveNode, NodeGroupBounds, most_nodes
from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.membership import units_of
from slicewise.diagnostics import NO_ROOM, Code, Found, Severity, Way


def check_growth(
    compared: ComparedPool, nodes: Iterable[LiveNode], bounds: Sequence[NodeGroupBounds]
) -> Iterator[Found]:
    """Yield whether cluster-autoscaler stops before `maxNodeCount`; it is known only of groups that have nodes now.

    Args:
        compared: The pool.
        nodes: The cluster's nodes.
        bounds: What cluster-autoscaler says of its node groups.
    """
    declared = compared.pool.max_node_count
    most = growth_limit(compared, nodes, bounds)
    if declared is None or most is None or most >= declared:
        return
    units = most * compared.units_per_node - compared.pool.reserved_units
    needed = f", and the plan needs {compared.planned_units} units of {units}" if compared.planned_units > units else ""
    yield Found(
        Code.GROWTH_LIMITED,
        Severity.WARNING,
        f"cluster-autoscaler adds nodes up to {most}, maxNodeCount is {declared}{needed}",
        f"write maxNodeCount: {most}, or raise the node group's limit",
        takes_room=True,
        ways=(
            Way(f"write maxNodeCount: {most}, or raise the node group's limit", {"max_node_count": most}),
            Way(f"raise the node group's limit: maxNodeCount: {most} {NO_ROOM}"),
        ),
    )


def growth_limit(compared: ComparedPool, nodes: Iterable[LiveNode], bounds: Sequence[NodeGroupBounds]) -> int | None:
    """Return how many nodes cluster-autoscaler lets the pool have; None where it does not say it."""
    own = {node.name for node in compared.nodes}
    others = [node for node in nodes if node.name not in own and units_of(node, compared.resource)]
    return most_nodes(compared.nodes, others, bounds)
