"""How a fleet should be cut, as data, as MIG manager's configuration, and as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from rich.console import Console

from slicewise.diagnostics import counted
from slicewise.layouts import (
    CUT_LABEL,
    KEPT,
    CutStep,
    FleetLayout,
    MoveStep,
    PoolProposal,
    RolloutStep,
    mig_parted_config,
    served_replicas,
)
from slicewise.planning import Location
from slicewise.presentation import (
    GOOD,
    START_AGAIN,
    WARNING,
    Column,
    print_layout_map,
    print_layout_steps,
    print_missing_solver,
    show,
    show_line,
    step_in_words,
)


def fleet_layout_to_dict(found: FleetLayout) -> dict[str, Any]:
    """Return a proposal as JSON data; slices are a node's, and served counts replicas."""
    equal = found.bound_at_equal_priority
    return {
        "served": {
            "now": served_replicas(found.now),
            "proposed": served_replicas(found.proposed),
            "bound": found.bound,
            "proven": found.proven,
            **({} if equal is None else {"boundAtEqualPriority": equal}),
        },
        "pools": [_pool_to_dict(each) for each in found.pools],
        "steps": [_step_to_dict(each) for each in found.steps],
        "moved": list(_moves(found)),
        "unserved": [
            {"deployment": str(each.key), "environments": each.missing, "reason": each.why} for each in found.unserved
        ],
        "seconds": round(found.seconds, 2),
    }


def _step_to_dict(step: RolloutStep) -> dict[str, Any]:
    if isinstance(step, MoveStep):
        return {"move": _move_to_dict(step)}
    return {
        "cut": {
            **_place(step.pool.state.key),
            "nodes": step.nodes,
            "occupied": step.occupied,
            "migConfig": step.pool.name_of(step.pool.new[step.group]),
        }
    }


def _moves(found: FleetLayout) -> Iterator[dict[str, Any]]:
    """Yield what moves for the proposal in its order, then what the documents move without it."""
    steps = [each for each in found.steps if isinstance(each, MoveStep)]
    yield from map(_move_to_dict, steps)
    told = {(each.deployment, each.source[0]) for each in steps}
    for move in found.proposed.moved:
        if (move.deployment, move.source.environment) not in told:
            target = {"to": _place(_pool_of(move.target))} if move.target else {}
            source = _place(_pool_of(move.source))
            yield {"deployment": str(move.deployment), "from": source, **target, "reason": move.text}


def _move_to_dict(step: MoveStep) -> dict[str, Any]:
    places = {"from": _place(step.source), "to": _place(step.target)}
    return {"deployment": str(step.deployment), **places, "reason": step.reason}


def _pool_of(location: Location) -> tuple[str, str]:
    return location.environment, location.node_pool


def _place(pool: tuple[str, str]) -> dict[str, str]:
    return {"environment": pool[0], "nodePool": pool[1]}


def _pool_to_dict(item: PoolProposal) -> dict[str, Any]:
    environment, pool = item.state.key
    kept = {"keptBecause": item.state.kept_because} if item.state.kept_because else {}
    return {
        "environment": environment,
        "nodePool": pool,
        "nodes": [
            {"count": count, "slices": dict(slices), **({"migConfig": name} if name else {})}
            for count, slices, name in item.groups
        ],
        "recut": item.recut,
        **kept,
    }


def fleet_mig_parted(found: FleetLayout) -> str:
    """Return mig-parted's configuration, with what is done one after the other as comments."""
    changed = [(item, new) for item in found.pools for new in item.new]
    nodes = {item.name_of(new): item.gpus_of(new) for item, new in changed}
    config = mig_parted_config(nodes.items())
    comments = (f"# {line}" for line in _instructions(found.steps))
    return "\n".join([*comments, yaml.safe_dump(config, sort_keys=False)]).rstrip("\n")


def _instructions(steps: Sequence[RolloutStep]) -> Iterator[str]:
    """Yield a line for each step, with the labels that nodes get."""
    last = {step.pool.state.key: number for number, step in enumerate(steps) if isinstance(step, CutStep)}
    for number, step in enumerate(steps):
        yield step_in_words(step) if isinstance(step, MoveStep) else _labels(step, number == last[step.pool.state.key])


def _labels(step: CutStep, is_last: bool) -> str:
    item = step.pool
    environment, pool = item.state.key
    name = item.name_of(item.new[step.group])
    own = f" {CUT_LABEL}={name}" if item.is_split else ""
    labelled = CUT_LABEL in item.state.pool.node_selector
    others = f"; {CUT_LABEL}={KEPT} on its other nodes" if item.kept and is_last and not labelled else ""
    again = f"; {START_AGAIN}" if step.occupied else ""
    return (
        f"{environment}, {pool}: drain {counted(step.nodes, 'node')} of {item.state.pool.nodes:,}, one after the "
        f"other, and label each nvidia.com/mig.config={name}{own}{others}{again}"
    )


_COLUMNS = (
    *map(Column, ("environment", "pool")),
    Column("nodes", number=True),
    *map(Column, ("slices of a node now", "proposed")),
)


def print_fleet_layout(console: Console, found: FleetLayout) -> None:
    """Print a row for each group of nodes, then how good the proposal is."""
    rows = [row for each in found.pools for row in _rows(each)]
    show(console, "Layout", _COLUMNS, rows)
    print_layout_map(console, found)
    print_layout_steps(console, found)
    now, proposed = served_replicas(found.now), served_replicas(found.proposed)
    proof = "no layout serves more (proved)" if found.proven else f"no layout serves more than {found.bound:,}"
    recut = sum(each.recut for each in found.pools)
    cut = f"{counted(recut, 'node')} cut anew"
    line = f"{counted(proposed, 'replica')} served, {now:,} as nodes are cut now: {proof}; {cut}"
    show_line(console, line, GOOD if found.proven else WARNING)
    if not found.proven:
        print_missing_solver(console)
    equal = found.bound_at_equal_priority
    if equal is not None and equal > max(proposed, found.bound):
        show_line(console, f"if all priorities were equal, up to {counted(equal, 'replica')} could be served", WARNING)
    for each in found.unserved:
        show_line(console, f"{each.key} lacks {counted(each.missing, 'environment')}: {each.why}", WARNING)
    if found.unserved:
        show_line(console, "`slicewise explain DEPLOYMENT PATH…` shows for every pool why it was not chosen", WARNING)
    show_line(console, f"{found.seconds:.1f} seconds")


def _rows(item: PoolProposal) -> Iterator[tuple[str, ...]]:
    environment, pool = item.state.key
    mig = item.state.pool.mig
    now = f"any of {' '.join(mig.several)}" if mig and mig.dynamic else _in_words(item.state.slices)
    for count, slices, name in item.groups:
        kept = f"as now: {item.state.kept_because}" if item.state.kept_because else "as now"
        yield environment, pool, f"{count:,}", now, _in_words(slices) if name else kept


def _in_words(slices: Mapping[str, int]) -> str:
    return " ".join(f"{count} x {name}" for name, count in slices.items())
