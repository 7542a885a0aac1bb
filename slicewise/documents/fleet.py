"""Everything that was declared: the environments, the models and the deployments, checked and sorted by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from slicewise.diagnostics import Diagnostic, Subject
from slicewise.documents.deployment import DeploymentKey, ModelDeployment, ModelKind, ModelReference
from slicewise.documents.environment import InferenceEnvironment, NodePool
from slicewise.documents.pool_offers import offer_named, offers_of
from slicewise.documents.quota import Quota
from slicewise.documents.served_model import ClusterModel, Model, ModelSpec

# An enumeration's members and their values are looked up anew each time.
_OF_NAMESPACE: Final = ModelKind.MODEL
_MODEL: Final[str] = ModelKind.MODEL.value
_CLUSTER_MODEL: Final[str] = ModelKind.CLUSTER_MODEL.value
_MOST_KEPT: Final = 1 << 12

AnyDocument = InferenceEnvironment | ClusterModel | Model | ModelDeployment | Quota


class ModelKey(NamedTuple):
    """What identifies a model: the namespace is empty for a ClusterModel."""

    kind: str
    namespace: str
    name: str

    @property
    def subject(self) -> Subject:
        """The document, as diagnostics are about it."""
        return Subject(self.kind, self.name, self.namespace)


def model_key(deployment: ModelDeployment) -> ModelKey:
    """Return the key of the model that `deployment` refers to."""
    return reference_key(deployment.spec.model_ref, deployment.metadata.namespace)


def reference_key(reference: ModelReference, namespace: str) -> ModelKey:
    """Return the key of the model that a deployment in `namespace` means by `reference`."""
    if reference.kind is _OF_NAMESPACE:
        return ModelKey(_MODEL, namespace, reference.name)
    return _of_cluster(reference.name)


@lru_cache(_MOST_KEPT)
def _of_cluster(name: str) -> ModelKey:
    """Return the key of a ClusterModel; many deployments refer to one, and planning asks again and again."""
    return ModelKey(_CLUSTER_MODEL, "", name)


def served_name(deployment: ModelDeployment, model: ModelSpec) -> str:
    """Return the name by which API requests ask for what `deployment` serves: its own, or else that of its `model`."""
    return deployment.spec.served_model_name or model.model.name


@dataclass(frozen=True)
class Fleet:
    """The input of planning. Every modelRef is known to resolve."""

    environments: tuple[InferenceEnvironment, ...]
    models: Mapping[ModelKey, ModelSpec]
    deployments: tuple[ModelDeployment, ...]
    advice: tuple[Diagnostic, ...] = ()
    quotas: tuple[Quota, ...] = ()

    @cached_property
    def deployment(self) -> Mapping[DeploymentKey, ModelDeployment]:
        """The deployments by namespace and name."""
        return {deployment.key: deployment for deployment in self.deployments}

    @cached_property
    def served(self) -> Sequence[tuple[ModelDeployment, ModelSpec]]:
        """The deployments, each with the model that it serves."""
        return [(deployment, self.model_of(deployment)) for deployment in self.deployments]

    @cached_property
    def environment(self) -> Mapping[str, InferenceEnvironment]:
        """The environments by name."""
        return {environment.metadata.name: environment for environment in self.environments}

    @cached_property
    def node_pool(self) -> Mapping[tuple[str, str], NodePool]:
        """The node pools by the names of environment and pool."""
        return {
            (environment.metadata.name, pool.name): pool
            for environment in self.environments
            for pool in environment.spec.node_pools
        }

    def offer(self, environment: str, pool: str, resource: str | None) -> NodePool:
        """Return what a pool offers under the name of a resource, as a pool of its own (`offers_of`).

        Where it does not offer that, its first by name: a plan of other documents may speak of one that is gone.
        """
        declared = self.node_pool[environment, pool]
        return offer_named(declared, resource) or offers_of(declared)[0]

    def model_of(self, deployment: ModelDeployment) -> ModelSpec:
        """Return the model that `deployment` serves."""
        return self.models[model_key(deployment)]
