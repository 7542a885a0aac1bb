"""One document, as far as it is right: all of one that fits its schema, and some parts of one that does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from slicewise.diagnostics import FieldPath
from slicewise.documents.base import ClusterMetadata
from slicewise.documents.cluster import Cluster
from slicewise.documents.deployment import DeploymentMetadata, ModelDeployment, Scaling
from slicewise.documents.environment import InferenceEnvironment, NodePool
from slicewise.documents.rules.judged_entry import JudgedEntry, all_right, validated, value_at, with_placeholders
from slicewise.documents.served_model import HuggingFace, ModelSpec, ServingProfile

POOLS: Final[FieldPath] = ("spec", "nodePools")
SERVING: Final[FieldPath] = ("spec", "serving")
_POOL: Final = {
    "name": "any",
    "acceleratorType": "any",
    "acceleratorCount": 1,
    "capabilities": {"memoryPerGpu": "1Gi", "migConfiguration": {"enabled": False}},
}
_PROFILE: Final = {"name": "any"}


@dataclass(frozen=True, slots=True)
class JudgedEnvironment:
    """The parts of an InferenceEnvironment; None for one that does not fit the schema."""

    name: str | None
    cluster: Cluster | None
    pools: Sequence[JudgedEntry[NodePool]]

    @classmethod
    def right(cls, document: InferenceEnvironment) -> JudgedEnvironment:
        """Return all parts of `document`."""
        spec = document.spec
        return cls(document.metadata.name, spec.cluster, all_right(spec.node_pools, POOLS))

    @classmethod
    def broken(cls, data: object, wrong: Iterable[FieldPath]) -> JudgedEnvironment:
        """Return the parts of a document of plain data that are right; `wrong` are the fields that are not."""
        metadata = validated(ClusterMetadata, value_at(data, ("metadata",)))
        cluster = validated(Cluster, value_at(data, ("spec", "cluster")))
        pools = with_placeholders(NodePool, _POOL, value_at(data, POOLS), POOLS, wrong)
        return cls(metadata.name if metadata else None, cluster, pools)


@dataclass(frozen=True, slots=True)
class JudgedDeployment:
    """The parts of a ModelDeployment that have rules; None for one that does not fit the schema."""

    namespace: str | None
    scaling: Scaling | None

    @classmethod
    def right(cls, document: ModelDeployment) -> JudgedDeployment:
        """Return all parts of `document`."""
        return cls(document.metadata.namespace, document.spec.scaling)

    @classmethod
    def broken(cls, data: object) -> JudgedDeployment:
        """Return the parts of a document of plain data that are right."""
        metadata = validated(DeploymentMetadata, value_at(data, ("metadata",)))
        return cls(metadata.namespace if metadata else None, validated(Scaling, value_at(data, ("spec", "scaling"))))


@dataclass(frozen=True, slots=True)
class JudgedModel:
    """The parts of a ClusterModel or Model that have rules; None for one that does not fit the schema."""

    repository: str | None
    serving: Sequence[JudgedEntry[ServingProfile]]

    @classmethod
    def right(cls, spec: ModelSpec) -> JudgedModel:
        """Return all parts of `spec`."""
        return cls(spec.hugging_face.repo, all_right(spec.serving, SERVING))

    @classmethod
    def broken(cls, data: object, wrong: Iterable[FieldPath]) -> JudgedModel:
        """Return the parts of a document of plain data that are right; `wrong` are the fields that are not."""
        source = validated(HuggingFace, value_at(data, ("spec", "huggingFace")))
        serving = with_placeholders(ServingProfile, _PROFILE, value_at(data, SERVING), SERVING, wrong)
        return cls(source.repo if source else None, serving)
