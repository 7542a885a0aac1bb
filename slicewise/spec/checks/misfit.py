"""Rules for documents that do not fit their schema: one mistake hides no other that has nothing to do with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slicewise.spec.base import ClusterMetadata
from slicewise.spec.checks.cluster import check_cluster
from slicewise.spec.checks.deployment import check_scaling
from slicewise.spec.checks.environment import check_pools
from slicewise.spec.checks.finding import Finding
from slicewise.spec.checks.model import SERVING, check_serving
from slicewise.spec.checks.part import POOLS, at, mended, validated
from slicewise.spec.checks.provisioning import check_provisioning
from slicewise.spec.cluster import Cluster
from slicewise.spec.deployment import ModelDeployment, Scaling
from slicewise.spec.environment import InferenceEnvironment, NodePool
from slicewise.spec.model import ServingProfile
from slicewise.spec.problems import FieldPath
from slicewise.spec.schema_problems import Misfit

_POOL: Final = {
    "name": "any",
    "acceleratorType": "any",
    "acceleratorCount": 1,
    "capabilities": {"memoryPerGpu": "1Gi", "migConfiguration": {"enabled": False}},
}
_PROFILE: Final = {"name": "any"}


def check_misfit(data: object, misfit: Misfit) -> Iterator[Finding]:
    """Yield what the rules of its kind find in the parts of a document that fit the schema."""
    wrong = misfit.wrong
    if misfit.kind is InferenceEnvironment:
        yield from _check_environment(data, wrong)
    elif misfit.kind is ModelDeployment:
        scaling = validated(Scaling, at(data, ("spec", "scaling")))
        if scaling:
            yield from check_scaling(scaling)
    else:
        yield from check_serving(mended(ServingProfile, _PROFILE, at(data, ("spec", "serving")), SERVING, wrong))


def _check_environment(data: object, wrong: frozenset[FieldPath]) -> Iterator[Finding]:
    cluster = validated(Cluster, at(data, ("spec", "cluster")))
    pools = mended(NodePool, _POOL, at(data, POOLS), POOLS, wrong)
    if cluster:
        yield from check_cluster(cluster)
    yield from check_pools(pools)
    if cluster:
        metadata = validated(ClusterMetadata, at(data, ("metadata",)))
        yield from check_provisioning(cluster, pools, metadata.name if metadata else None)
