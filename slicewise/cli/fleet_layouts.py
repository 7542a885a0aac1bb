"""How a fleet should be cut, as data, as MIG manager's configuration, and as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from rich.console import Console

from slicewise.diagnostics import counted
from slicewise.layouts import (
    CUT_LABEL,
    FleetLayout,
    NewCut,
    PoolProposal,
    mig_parted_config,
    served_replicas,
)
from slicewise.planning import Location
from slicewise.presentation import GOOD, WARNING, Column, print_layout_map, show, show_line


def fleet_layout_to_dict(found: FleetLayout) -> dict[str, Any]:
    """Return a proposal as JSON data; slices are a node's, and served counts replicas."""
    return {
        "served": {
            "now": served_replicas(found.now),
            "proposed": served_replicas(found.proposed),
            "bound": found.bound,
            "proven": found.proven,
        },
        "pools": [_pool_to_dict(each) for each in found.pools],
        "moved": [
            {
                "deployment": str(each.deployment),
                "from": _place(each.source),
                **({"to": _place(each.target)} if each.target else {}),
                "reason": each.text,
            }
            for each in found.proposed.moved
        ],
        "unserved": [
            {"deployment": str(each.key), "environments": each.missing, "reason": each.why} for each in found.unserved
        ],
        "seconds": round(found.seconds, 2),
    }


def _place(location: Location) -> dict[str, str]:
    return {"environment": location.environment, "nodePool": location.node_pool}


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
    """Return mig-parted's configuration, with the labels of nodes that ask for each of its configs as comments."""
    changed = [(item, new) for item in found.pools for new in item.new]
    nodes = {item.name_of(new): item.gpus_of(new) for item, new in changed}
    config = mig_parted_config(nodes.items())
    labels = (_labels(item, new) for item, new in changed)
    return "\n".join([*labels, yaml.safe_dump(config, sort_keys=False)]).rstrip("\n")


def _labels(item: PoolProposal, new: NewCut) -> str:
    environment, pool = item.state.key
    name = item.name_of(new)
    own = f" {CUT_LABEL}={name}" if item.is_split else ""
    labelled = CUT_LABEL in item.state.pool.node_selector
    others = f"; {CUT_LABEL}=kept on its other nodes" if item.kept and new is item.new[-1] and not labelled else ""
    return (
        f"# {environment}, {pool}: drain {counted(new.nodes, 'node')} of {item.state.pool.nodes:,}, one after the "
        f"other, and label each nvidia.com/mig.config={name}{own}{others}"
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
    now, proposed = served_replicas(found.now), served_replicas(found.proposed)
    proof = "no layout serves more (proved)" if found.proven else f"no layout serves more than {found.bound:,}"
    recut = sum(each.recut for each in found.pools)
    cut = f"{counted(recut, 'node')} cut anew"
    line = f"{counted(proposed, 'replica')} served, {now:,} as nodes are cut now: {proof}; {cut}"
    show_line(console, line, GOOD if found.proven else WARNING)
    for each in found.unserved:
        show_line(console, f"{each.key} lacks {counted(each.missing, 'environment')}: {each.why}", WARNING)
    if found.unserved:
        show_line(console, "`slicewise explain DEPLOYMENT` says of every pool why it is not the one", WARNING)
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
