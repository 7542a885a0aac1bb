"""From the plain data of one document to the model of its kind, or to what is wrong with its fields."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ValidationError

from slicewise.diagnostics import Code, Diagnostic, did_you_mean, shown
from slicewise.documents.base import API_VERSION, ClusterMetadata
from slicewise.documents.deployment import DeploymentMetadata, ModelDeployment
from slicewise.documents.environment import InferenceEnvironment
from slicewise.documents.fleet import AnyDocument
from slicewise.documents.other_names import OTHER_KINDS
from slicewise.documents.reading.foreign_files import elsewhere, foreign_file
from slicewise.documents.reading.schema_problems import SchemaMismatch, schema_mismatch
from slicewise.documents.served_model import ClusterModel, ClusterModelMetadata, Model, ModelMetadata
from slicewise.sources import SourceDocument

KINDS: Final[dict[str, type[AnyDocument]]] = {
    "InferenceEnvironment": InferenceEnvironment,
    "ClusterModel": ClusterModel,
    "Model": Model,
    "ModelDeployment": ModelDeployment,
}
METADATA: Final[dict[type[BaseModel], type[ClusterMetadata]]] = {
    InferenceEnvironment: ClusterMetadata,
    ClusterModel: ClusterModelMetadata,
    Model: ModelMetadata,
    ModelDeployment: DeploymentMetadata,
}


def validate(source: SourceDocument) -> AnyDocument | SchemaMismatch | Diagnostic:
    """Return the document; or what does not fit its schema; or why it is not a document of any kind."""
    data = source.data
    if not isinstance(data, dict):
        message = f"expected a document (a mapping with apiVersion, kind, metadata, spec), got a {_word(data)}"
        return source.error(Code.NOT_A_MAPPING, message, _remedy(data))
    if (problem := _wrong_kind(source, data)) is not None:
        # One wrong kind is one problem: its fields are judged once it is known what they are fields of.
        return problem
    model = KINDS[data["kind"]]
    try:
        return model.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        return schema_mismatch(source, model, error)


def _word(data: object) -> str:
    return "list" if isinstance(data, list) else "single value"


def _remedy(data: object) -> str:
    if isinstance(data, list):
        return "remove the `- ` before each, and begin every document with a line `---`"
    return "write one, or remove this"


def _meant(kind: str, known: list[str]) -> str:
    other = OTHER_KINDS.get(kind)
    return f"; what it declares is a {other} here" if other else did_you_mean(kind, known)


def _any_of(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _is_ours(version: str, data: dict[Any, Any]) -> bool:
    """Return whether a document of a wrong apiVersion is meant for Slicewise all the same."""
    kind = data.get("kind")
    return version.startswith("modelplane.ai/") or (
        (version.startswith("modelplane.") or "/" not in version) and isinstance(kind, str) and kind in KINDS
    )


def _wrong_kind(source: SourceDocument, data: dict[Any, Any]) -> Diagnostic | None:
    if message := foreign_file(source.file, data):
        return source.error(Code.UNKNOWN_KIND, message)
    for field, known in (("apiVersion", [API_VERSION]), ("kind", list(KINDS))):
        got = data.get(field)
        if got is None:
            message = f'"{field}" is required: write {_any_of(known)}{elsewhere(data)}'
            return source.error(Code.UNKNOWN_KIND, message, field=(field,))
        if got not in known:
            hint = _meant(got, known) if field == "kind" and isinstance(got, str) else ""
            if field == "apiVersion" and isinstance(got, str) and not _is_ours(got, data):
                hint = "; keep other Kubernetes objects in another directory"
            message = f"got {shown(got)}, expected {_any_of(known)}{hint}"
            return source.error(Code.UNKNOWN_KIND, message, field=(field,))
    return None
