"""Rules for documents that do not fit their schema: one mistake hides no other that has nothing to do with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slicewise.diagnostics import FieldPath
from slicewise.documents.base import ClusterMetadata
from slicewise.documents.cluster import Cluster
from slicewise.documents.deployment import ModelDeployment, Scaling
from slicewise.documents.environment import InferenceEnvironment, NodePool
from slicewise.documents.reading.schema_problems import Misfit
from slicewise.documents.rules import (
    POOLS,
    SERVING,
    Finding,
    at,
    check_cluster,
    check_pools,
    check_provisioning,
    check_scaling,
    check_serving,
    mended,
    validated,
)
from slicewise.documents.served_model import ServingProfile

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
