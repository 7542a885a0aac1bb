"""All outputs of the stack: the plan, and what the next run must know beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from slicewise.clusters.live import ExistingObjects

from .clusters import keep_outputs
from .last_update import LastUpdate
from .leaving import Departures
from .object_handling import Handling
from .stack_name import stack_name
from .state import CLUSTERS_OUTPUT, STACK_OUTPUT, clusters_to_outputs


def all_outputs(
    outputs: Mapping[str, Any],
    past: LastUpdate,
    handlings: Mapping[str, Handling],
    existing: Mapping[str, ExistingObjects],
    skipped: Collection[str],
    going: Departures,
) -> dict[str, Any]:
    """Return the stack's outputs.

    Args:
        outputs: The plan as outputs.
        past: What the stack had.
        handlings: How the objects of each environment are declared.
        existing: What exists in the clusters that were asked.
        skipped: The environments that are left as they are.
        going: What becomes of those that are no longer declared.
    """
    before = past.before.clusters
    uids = {name: each.uid for name, each in existing.items()}
    # A skipped environment that never had a cluster has nothing applied: no identifier is recorded for it.
    identifiers = {name: each.identifier for name, each in handlings.items() if name not in skipped or name in before}
    clusters = clusters_to_outputs(before, uids, past.renamed, identifiers, going.names)
    everything = {**outputs, CLUSTERS_OUTPUT: clusters, STACK_OUTPUT: stack_name()}
    return keep_outputs(everything, past.state.outputs, {*skipped, *going.held}, going.leaving)
