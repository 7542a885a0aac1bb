"""Which placements of an earlier plan may stay, worked out from the documents alone ("Order", docs/placement.md)."""

from __future__ import annotations

from collections import Counter, defaultdict

from slicewise.documents import DeploymentKey, Fleet
from tests.documents import Document
from tests.unit.planning.capacity_rule import Pod, promised
from tests.unit.planning.matching_rule import static_codes
from tests.unit.planning.sizes_by_documents import node_of, nodes_of, pods_of, replicas_of

Place = tuple[str, str, str, str]


def kept(fleet: Fleet, previous: Document) -> set[Place]:
    """Return (deployment, environment, pool, profile) of what stays.

    It is taken by priority, then name; what asks for more than it had comes after all that does not.
    """
    environments = {environment.metadata.name: environment for environment in fleet.environments}
    deployments = {deployment.key: deployment for deployment in fleet.deployments}
    asked = []
    for item in previous["placements"]:
        deployment = deployments[DeploymentKey(item["deployment"]["namespace"], item["deployment"]["name"])]
        profile = next(p for p in fleet.model_of(deployment).serving if p.name == item["profile"])
        grew = replicas_of(deployment) * profile.replica_topology.units > item["units"]
        asked.append((grew, -deployment.spec.priority, deployment.key, item["environment"], item, profile))
    asked.sort(key=lambda each: each[:4])
    charged: dict[tuple[str, str], list[Pod]] = defaultdict(list)
    served: Counter[str] = Counter()
    places = set()
    for _, _, key, name, item, profile in asked:
        deployment, environment = deployments[key], environments[name]
        pool = next(pool for pool in environment.spec.node_pools if pool.name == item["nodePool"])
        pods = pods_of(deployment, fleet.model_of(deployment), profile, pool)
        together = charged[name, pool.name] + pods
        if (
            served[key.name] < deployment.spec.environments
            and not static_codes(deployment, profile, environment, pool)
            and (not pods or promised(nodes_of(pool), node_of(pool), together, pool.reserved_units))
        ):
            served[key.name] += 1
            charged[name, pool.name] = together
            places.add((key.name, name, pool.name, profile.name))
    return places
