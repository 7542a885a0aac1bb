"""The documents that users write: their types, how they are loaded, and everything that can be wrong with them."""

from slicewise.spec.codes import Code
from slicewise.spec.deployment import DeploymentKey, ModelDeployment
from slicewise.spec.environment import InferenceEnvironment, NodePool
from slicewise.spec.fleet import Fleet
from slicewise.spec.loading import load_fleet
from slicewise.spec.model import ModelSpec, ServingProfile
from slicewise.spec.problems import Advice, InvalidInputError, Problem
from slicewise.spec.schema import any_schema, document_schema
from slicewise.spec.validating import KINDS

__all__ = [
    "KINDS",
    "Advice",
    "Code",
    "DeploymentKey",
    "Fleet",
    "InferenceEnvironment",
    "InvalidInputError",
    "ModelDeployment",
    "ModelSpec",
    "NodePool",
    "Problem",
    "ServingProfile",
    "any_schema",
    "document_schema",
    "load_fleet",
]
