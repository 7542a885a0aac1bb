"""The kinds of document, by the names that users write, and what each kind's metadata is."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel

from slicewise.documents.base import ClusterMetadata
from slicewise.documents.deployment import DeploymentMetadata, ModelDeployment
from slicewise.documents.environment import InferenceEnvironment
from slicewise.documents.fleet import AnyDocument
from slicewise.documents.quota import Quota
from slicewise.documents.served_model import ClusterModel, ClusterModelMetadata, Model, ModelMetadata

KINDS: Final[dict[str, type[AnyDocument]]] = {
    "InferenceEnvironment": InferenceEnvironment,
    "ClusterModel": ClusterModel,
    "Model": Model,
    "ModelDeployment": ModelDeployment,
    "Quota": Quota,
}
METADATA: Final[dict[type[BaseModel], type[ClusterMetadata]]] = {
    InferenceEnvironment: ClusterMetadata,
    ClusterModel: ClusterModelMetadata,
    Model: ModelMetadata,
    ModelDeployment: DeploymentMetadata,
    Quota: ClusterMetadata,
}
