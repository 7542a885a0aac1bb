"""Whether an autoscaled pool may grow as far as it is declared to."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.diagnostics import NO_ROOM, Code, Found, Severity, Way


def check_autoscaler_limit(compared: ComparedPool) -> Iterator[Found]:
    """Yield whether cluster-autoscaler stops before `maxNodeCount`; it is known only of groups that have nodes now."""
    declared, most = compared.pool.max_node_count, compared.most_nodes
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
        facts={"most": most, "declared": declared, "planned": compared.planned_units, "units": units},
    )
