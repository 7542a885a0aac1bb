"""How long `slicewise layout` takes for fleets of a thousand GPUs, each in one slice, and how near the bound it comes.

Deployments ask for slices of the sizes that the pools had when they were drawn, so nearly every node is cut anew.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from typing import Final

from bench.fleet_documents import Document, fleet_of
from bench.fleets import random_fleet
from bench.result_tables import Table
from slicewise.documents import Fleet, catalogued
from slicewise.layouts import propose_for_fleet, served_replicas

_SEEDS: Final = (1, 2, 3)
# What the command gives OR-Tools.
_SECONDS: Final = 9.0
_ENVIRONMENTS: Final = 19
_DEPLOYMENTS: Final = 400


def in_largest_slices(documents: Sequence[Document]) -> list[Document]:
    """Return the documents with every GPU cut into the one slice that is as large as it."""
    pools = {
        (environment.metadata.name, pool.name): catalogued(pool)
        for environment in fleet_of(documents).environments
        for pool in environment.spec.node_pools
    }
    changed = copy.deepcopy(list(documents))
    for each in (document for document in changed if document["kind"] == "InferenceEnvironment"):
        for pool in each["spec"]["nodePools"]:
            board = pools[each["metadata"]["name"], pool["name"]]
            if board:
                largest = max(board.profiles, key=lambda profile: (profile.memory_slices, profile.usable_mib or 0))
                mig = {"enabled": True, "profile": largest.name}
                pool["capabilities"] |= {"memoryPerGpu": f"{largest.usable_mib}Mi", "migConfiguration": mig}
    return changed


def recut_table() -> Table:
    """Measure a fleet of each seed, one row each; the load is that of the machine when it begins."""
    rows = []
    for seed in _SEEDS:
        load = os.getloadavg()[0]
        fleet = fleet_of(in_largest_slices(random_fleet(seed, environments=_ENVIRONMENTS, deployments=_DEPLOYMENTS)))
        found = propose_for_fleet(fleet, (), None, _SECONDS)
        served = served_replicas(found.proposed)
        rows.append(
            (
                str(seed),
                f"{_gpus(fleet):,}",
                f"{served_replicas(found.now):,}",
                f"{served:,}",
                f"{found.bound:,}",
                f"{served / found.bound:.2%}",
                f"{found.seconds:.1f}",
                f"{load:.1f} on {os.cpu_count()}",
            )
        )
    columns = ("seed", "GPUs", "served now", "served", "bound", "share of bound", "seconds", "load on processors")
    return Table("Fleets whose nodes are cut anew", columns, rows)


def _gpus(fleet: Fleet) -> int:
    pools = (pool for environment in fleet.environments for pool in environment.spec.node_pools)
    return sum(pool.nodes * pool.accelerator_count for pool in pools)
