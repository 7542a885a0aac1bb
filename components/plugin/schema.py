"""The schema of the package `slicewise`, from which `pulumi package add` makes an SDK in the program's language."""

from __future__ import annotations

import ast
import inspect
import itertools
import typing
from collections.abc import Mapping
from typing import Any, Final, get_args, get_origin, get_type_hints

from pydantic.alias_generators import to_camel

from slicewise import __version__
from slicewise.documents import document_schema

from ..component_options import PlanOptions
from ..fleet import Fleet
from ..type_tokens import FLEET
from .json_types import ANYTHING, package_types, reference

PACKAGE: Final = "slicewise"
# What a list says of its documents, these need not.
_IMPLIED: Final = ("apiVersion", "kind")
# A document and a resource may have one name: `InferenceEnvironment` is both.
_DOCUMENTS: Final = {
    f"{kind}Document": kind for kind in ("InferenceEnvironment", "ClusterModel", "Model", "ModelDeployment", "Quota")
}
OUTPUTS: Final = {
    "placements": "What runs where, by environment/namespace/name: nodePool, profile, replicas, units and so on.",
    "nodePools": "How full each node pool is, by environment/pool.",
    "warnings": "What the plan warns of, by code and what it is about.",
    "shortfalls": "The deployments that get fewer environments than they ask for, by namespace/name.",
    "quotas": "What is taken of each quota, and what it allows, by name/measure.",
    "endpoints": "Where each placement answers, inside its cluster and outside, by environment/namespace/name.",
}


def package_schema() -> dict[str, Any]:
    """Return the package's schema: one component, and the types of its documents."""
    documents = {name: document_schema(kind) for name, kind in _DOCUMENTS.items()}
    described = {"description": inspect.getdoc(Fleet), "isComponent": True}
    outputs = {
        name: {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": ANYTHING},
            "description": text,
        }
        for name, text in OUTPUTS.items()
    }
    return {
        "name": PACKAGE,
        "version": __version__,
        "description": "Many language models on MIG-partitioned GPUs, in clusters that exist.",
        "license": "Apache-2.0",
        "language": {
            "nodejs": {"respectSchemaVersion": True},
            # Without them the SDK does not compile (Pulumi 3.259): it uses types of lists and does not define them.
            "go": {"respectSchemaVersion": True, "generateExtraInputTypes": True},
        },
        "types": package_types(PACKAGE, documents, _IMPLIED),
        "resources": {
            FLEET: {**described, "inputProperties": _inputs(), "properties": outputs, "required": [*outputs]}
        },
    }


def option_names() -> Mapping[str, str]:
    """Return Fleet's options as Python has them, by their names in other languages."""
    return {to_camel(name): name for name in get_type_hints(PlanOptions)}


def _inputs() -> dict[str, Any]:
    def several(*names: str) -> dict[str, Any]:
        kinds = [reference(PACKAGE, name) for name in names]
        return {
            "type": "array",
            "plain": True,
            "items": kinds[0] if len(kinds) == 1 else {"oneOf": kinds, "plain": True},
        }

    text = {"type": "string"}
    written = _attribute_docs(PlanOptions)
    return {
        "documents": {
            "type": "array",
            "items": {**text, "plain": True},
            "plain": True,
            "description": "Files and directories of documents, seen from the directory of Pulumi.yaml.",
        },
        "environments": {**several("InferenceEnvironmentDocument"), "description": "The clusters."},
        "models": {**several("ClusterModelDocument", "ModelDocument"), "description": "The models."},
        "deployments": {**several("ModelDeploymentDocument"), "description": "What is to run."},
        "quotas": {**several("QuotaDocument"), "description": "How much some deployments may take together."},
        "kubeconfigs": {
            "type": "object",
            "additionalProperties": text,
            "secret": True,
            "description": "By environment, the text of its kubeconfig. A preview may not know it yet.",
        },
        **{camel: _option(get_type_hints(PlanOptions)[name], written[name]) for camel, name in option_names().items()},
    }


def _option(hint: object, text: str) -> dict[str, Any]:
    if get_origin(hint) is typing.Literal:
        return {"type": "string", "plain": True, "description": f"{text} One of: {', '.join(get_args(hint))}."}
    if get_origin(hint) is Mapping:
        inner = {"type": "string", "plain": True}
        return {"type": "object", "additionalProperties": inner, "plain": True, "description": text}
    kind = {str: "string", bool: "boolean", int: "integer"}[typing.cast("type", hint)]
    return {"type": kind, "plain": True, "description": text}


def _attribute_docs(written: type) -> Mapping[str, str]:
    """Return what stands below each attribute of a class."""
    lines = [line for each in ast.parse(inspect.getsource(written)).body for line in getattr(each, "body", ())]
    docs = {}
    for attribute, below in itertools.pairwise(lines):
        if (
            isinstance(attribute, ast.AnnAssign)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            docs[ast.unparse(attribute.target)] = inspect.cleandoc(str(below.value.value))
    return docs
