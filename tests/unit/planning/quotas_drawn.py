"""Quotas for drawn fleets: of namespaces, labels and pools, by every measure, some far too small."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from tests.documents import Document, fleet_and_plan, fleet_of, quota
from tests.unit.planning.quota_rule import Use, used

TEAMS = ("search", "docs", "ops")


def with_teams(documents: list[Document], rng: Random) -> None:
    """Label each deployment with a team."""
    for item in documents:
        if item["kind"] == "ModelDeployment":
            item["metadata"]["labels"] = {"team": rng.choice(TEAMS)}


def drawn_quotas(documents: list[Document], rng: Random, count: int) -> list[Document]:
    """Return quotas that allow a drawn share of what a plan without any takes."""
    fleet, free = fleet_and_plan(documents)
    regions = sorted({value for each in fleet.environments for value in each.metadata.labels.values()} | {"none"})
    keys = sorted({key for each in fleet.environments for key in each.metadata.labels})
    names = sorted({each.metadata.namespace for each in fleet.deployments})
    pool_labels = sorted(
        {item for each in fleet.environments for p in each.spec.node_pools for item in p.labels.items()}
    )
    made = []
    for number in range(count):
        spec: Document = {}
        if rng.random() < 0.4:
            spec["namespaces"] = rng.sample(names, rng.randint(1, len(names)))
        if rng.random() < 0.6:
            spec["deploymentSelector"] = {"team": rng.choice(TEAMS)}
        if pool_labels and rng.random() < 0.3:
            spec["nodePoolSelector"] = dict([rng.choice(pool_labels)])
        if keys and rng.random() < 0.2:
            spec["environmentSelector"] = {rng.choice(keys): rng.choice(regions)}
        if rng.random() < 0.1:
            spec["environmentSelector"] = {"slicewise.dev/environment": rng.choice(fleet.environments).metadata.name}
        all_of_it = quota(f"q{number}", {"units": 10**6}, **spec)
        (only,) = fleet_of([all_of_it], checked=False).quotas
        taken = used(fleet, only, free["placements"])
        made.append({**all_of_it, "spec": {**all_of_it["spec"], "limits": _limits(taken, rng)}})
    return made


def _limits(taken: Use, rng: Random) -> Document:
    share = Fraction(rng.choice((30, 60, 85, 100, 120)), 100)
    limits: Document = {
        "units": int(taken.units * share),
        "memory": f"{max(int(taken.mib * share) // 1024, 1)}Gi",
        "gpuEquivalents": f"{max(float(taken.gpus * share), 0.01):.2f}",
    }
    chosen = rng.sample(sorted(limits), rng.choice((1, 1, 2)))
    return {name: limits[name] for name in chosen}
