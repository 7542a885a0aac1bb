"""A plan as people read it: what runs where, why not elsewhere, how full the pools are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console

from slicewise.changes import ChangeKind, PlanChanges
from slicewise.diagnostics import counted
from slicewise.documents import Fleet, Measure, Scheduling, model_key
from slicewise.manifests import claim_in_words, uses_claims
from slicewise.planning import (
    Placement,
    Plan,
    PoolUsage,
    Rejections,
    placement_endpoint,
    quotas_to_list,
    resource_in_words,
    unchecked_models,
)
from slicewise.presentation.changes import change_lines, changes_headline, touched_pools
from slicewise.presentation.columns import show, show_line
from slicewise.presentation.fleet_map import print_map
from slicewise.presentation.palette import ERROR, GOOD, WARNING
from slicewise.presentation.shortfalls import shortfall_lines
from slicewise.presentation.table_layout import NOTHING, Column


def print_plan(
    console: Console, fleet: Fleet, plan: Plan, changes: PlanChanges | None = None, *, every: bool = False
) -> None:
    """Print a plan as tables: coloured and with a map in a terminal, plain when piped.

    Args:
        console: Where.
        fleet: What is declared.
        plan: The plan for it.
        changes: What it changes of an earlier plan; None where there is none.
        every: Whether the tables have what is unchanged, too.
    """
    if changes:
        print_changes(console, changes)
    print_tables(console, fleet, plan, changes, every=every)
    for title, style, lines in (
        ("Not placed everywhere", f"bold {ERROR}", shortfall_lines(fleet, plan, Rejections(fleet, plan))),
        ("Warnings", f"bold {WARNING}", warning_lines(plan)),
    ):
        if lines:
            console.print(title, style=style)
            for line in lines:
                show_line(console, f"  {line}")
            console.print()
    print_quotas(console, fleet, plan)
    if console.is_terminal:
        print_map(console, plan)


def print_tables(
    console: Console, fleet: Fleet, plan: Plan, changes: PlanChanges | None, *, every: bool = False
) -> None:
    """Print what runs where, how full the pools are, where placements answer, and of how many that was not checked."""
    print_placements(console, fleet, plan, changes, every=every)
    if any(environment.spec.gateway for environment in fleet.environments):
        print_endpoints(console, fleet, shown_placements(plan, changes, every=every))
    if unchecked := unchecked_line(fleet):
        show_line(console, unchecked)
        console.print()


def print_quotas(console: Console, fleet: Fleet, plan: Plan, title: str = "Quotas") -> None:
    """Print what is taken of each quota, if there are any, below a title."""
    if fleet.quotas:
        rows = [
            (each["quota"], _MEASURES[each["measure"]], f"{each['used']:,}", f"{each['limit']:,}")
            for each in quotas_to_list(fleet, Rejections(fleet, plan).quotas)
        ]
        show(console, title, _QUOTA, rows)


_MEASURES: Final = {Measure.UNITS: "units", Measure.MEMORY: "GiB", Measure.GPU_EQUIVALENTS: "GPU equivalents"}
_QUOTA = (Column("quota"), Column("measure"), Column("used", number=True), Column("limit", number=True))


def unchecked_line(fleet: Fleet) -> str:
    """Return that some models do not say what they are made of; empty where all that are deployed do."""
    silent = unchecked_models(fleet)
    if not silent:
        return ""
    of = counted(len({model_key(deployment) for deployment in fleet.deployments}), "model")
    return f"Whether the engine starts on its unit was not checked for {len(silent)} of {of}: docs/sizing.md"


def print_changes(console: Console, changes: PlanChanges) -> None:
    """Print what a plan changes of an earlier one."""
    show_line(console, changes_headline(changes), "bold")
    if lines := change_lines(changes, console.width - len(_INDENT) if console.is_terminal else None):
        console.print()
        style = None
        for line in lines:
            # A line below another one goes on with it.
            style = style if line.startswith(" ") else _STYLES.get(line[:1])
            show_line(console, f"{_INDENT}{line}", style)
    console.print()


_INDENT: Final = "  "
_STYLES: Final = {"+": GOOD, "-": ERROR, "~": WARNING, ">": f"bold {WARNING}"}


def shown_placements(plan: Plan, changes: PlanChanges | None, *, every: bool) -> list[Placement]:
    """Return the placements that are not as an earlier plan had them; all where there is none, or with `every`."""
    if changes is None or every:
        return list(plan.placements)
    kinds = changes.kinds
    return [item for item in plan.placements if kinds[item.environment, item.deployment] is not ChangeKind.UNCHANGED]


def print_placements(
    console: Console, fleet: Fleet, plan: Plan, changes: PlanChanges | None = None, *, every: bool = False
) -> None:
    """Print what runs where, and how full the pools are; with `changes` only what these touch, unless `every`."""
    if placements := shown_placements(plan, changes, every=every):
        rows = [_row(fleet, each, item, changes) for item in placements for each in item.workloads]
        show(console, "Placements", _PLACEMENT, rows)
    elif not plan.placements:
        console.print("Nothing is placed.\n")
    touched = None if changes is None or every else set(touched_pools(changes))
    pools = [each for each in plan.node_pools if touched is None or (each.environment, each.node_pool) in touched]
    if pools or touched is None:
        columns, rows = list(_POOL), [_pool(usage) for usage in pools]
        if any(usage.gpus_on_demand for usage in pools):
            columns.append(Column("blocked", number=True))
            rows = [(*row, _blocked(usage)) for row, usage in zip(rows, pools, strict=True)]
        if any(usage.short for usage in pools):
            columns.append(Column("short of"))
            rows = [(*row, _short(usage)) for row, usage in zip(rows, pools, strict=True)]
        if any(usage.scheduling is not Scheduling.ACTIVE for usage in pools):
            columns.append(Column("scheduling"))
            rows = [(*row, usage.scheduling.value) for row, usage in zip(rows, pools, strict=True)]
        show(console, "Node pools", columns, rows)


_PLACEMENT = (
    *map(Column, ("deployment", "environment", "node pool")),
    Column("serving profile", short="serving"),
    Column("replicas", number=True),
    Column("each pod asks for", short="asks"),
    Column("units", number=True),
    Column(""),
)


def _row(fleet: Fleet, item: Placement, of: Placement, changes: PlanChanges | None) -> Sequence[str]:
    """Return a row of one workload: of a placement, or of its prefill workload."""
    kind = changes.kinds[of.environment, of.deployment] if changes else ChangeKind.ADDED
    several = "" if item.nodes_per_replica == 1 else f" x {item.nodes_per_replica} pods"
    return (
        str(item.deployment),
        item.environment,
        item.node_pool,
        f"{item.profile} prefill" if item.is_prefill else item.profile,
        f"{_replicas(fleet, item)}{several}",
        _asked(fleet, item),
        str(item.units),
        _KINDS.get(kind, kind.value),
    )


def _replicas(fleet: Fleet, item: Placement) -> str:
    """Return how many replicas a workload has: `1 to 4` where an autoscaler decides, and room is kept for four."""
    deployment = fleet.deployment.get(item.deployment)
    scaled = deployment.spec.scaling.concurrency if deployment and deployment.autoscaled else None
    varies = scaled and not item.is_prefill and scaled.min_replicas < item.replicas
    return f"{scaled.min_replicas} to {item.replicas}" if scaled and varies else str(item.replicas)


def _asked(fleet: Fleet, item: Placement) -> str:
    """Return what a pod of a workload has in its spec to get its slices or GPUs: a resource, or a claim of devices."""
    # The documents may have lost the pool, where an environment is left as it is.
    pool = fleet.node_pool.get((item.environment, item.node_pool))
    return claim_in_words(item) if pool and uses_claims(pool) else f"{item.resource}: {item.gpus_per_node}"


_KINDS: Final = {ChangeKind.ADDED: "new", ChangeKind.UNCHANGED: "kept"}
_POOL = (
    *map(Column, ("environment", "node pool", "unit")),
    *(Column(heading, number=True) for heading in ("a node", "nodes", "units")),
    Column("allocated", number=True, short="used"),
    *(Column(heading, number=True) for heading in ("reserved", "free")),
)


def _pool(usage: PoolUsage) -> Sequence[str]:
    numbers = (usage.units_per_node, usage.nodes, usage.units, usage.allocated, usage.reserved, usage.free)
    return (usage.environment, usage.node_pool, usage.resource, *map(str, numbers))


def _blocked(usage: PoolUsage) -> str:
    return str(usage.blocked) if usage.gpus_on_demand else ""


def _short(usage: PoolUsage) -> str:
    return ", ".join(map(resource_in_words, usage.short))


_ENDPOINT = tuple(map(Column, ("deployment", "environment", "in the cluster", "through the Gateway")))


def print_endpoints(console: Console, fleet: Fleet, placements: Iterable[Placement]) -> None:
    """Print where placements answer, if there are any."""
    rows = [(item, placement_endpoint(fleet, item)) for item in placements]
    if rows:
        cells = [
            (str(item.deployment), item.environment, endpoint.in_cluster, endpoint.external or NOTHING)
            for item, endpoint in rows
        ]
        show(console, "Endpoints", _ENDPOINT, cells)


def moved_lines(plan: Plan) -> list[str]:
    """Return one line for each deployment that is not where the earlier plan had it."""
    return [
        f"{move.deployment}: from {move.source} {f'to {move.target}' if move.target else 'to nowhere'}: "
        f"{move.text} ({move.code})"
        for move in plan.moved
    ]


def warning_lines(plan: Plan) -> list[str]:
    """Return one line a warning."""
    return [str(warning) for warning in plan.warnings]
