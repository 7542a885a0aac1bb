"""Reading documents: every file, every document, every mistake in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from slicewise.spec.base import API_VERSION
from slicewise.spec.checks.deployment import check_deployment
from slicewise.spec.checks.environment import check_environment
from slicewise.spec.checks.finding import Finding
from slicewise.spec.checks.fleet import ReferenceCheck, check_model_names, claimed_models
from slicewise.spec.checks.model import check_model
from slicewise.spec.codes import Code
from slicewise.spec.deployment import ModelDeployment
from slicewise.spec.environment import InferenceEnvironment
from slicewise.spec.fleet import AnyDocument, Fleet, ModelKey
from slicewise.spec.model import ClusterModel, Model
from slicewise.spec.problems import Advice, InvalidInputError, Problem, dotted
from slicewise.spec.quantity import Quantity
from slicewise.spec.reading import read_all
from slicewise.spec.schema_problems import did_you_mean, schema_problems, shown
from slicewise.spec.yaml_source import SourceDocument, parse_documents

KINDS: Final[dict[str, type[AnyDocument]]] = {
    "InferenceEnvironment": InferenceEnvironment,
    "ClusterModel": ClusterModel,
    "Model": Model,
    "ModelDeployment": ModelDeployment,
}


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A document that fits its kind's schema, and where it came from."""

    document: AnyDocument
    source: SourceDocument

    @property
    def namespace(self) -> str:
        return getattr(self.document.metadata, "namespace", "")

    @property
    def label(self) -> str:
        """The document in a warning's path, which names no file: shuffled files give the same warnings."""
        name = self.document.metadata.name
        return f"{self.document.kind} {self.namespace}/{name}" if self.namespace else f"{self.document.kind} {name}"


def load_fleet(paths: Sequence[str]) -> Fleet:
    """Load and check everything in `paths`: files, directories of `*.yaml` and `*.yml` files, or `-` for stdin.

    Raises:
        InvalidInputError: anything is wrong; it holds every problem of every file.
    """
    problems: list[Problem] = []
    sources = list(_parse_all(paths, problems))
    # What cannot be read may hold any model: then no reference is called dangling.
    models_known = not problems
    models: set[ModelKey] = set()
    loaded: list[_Loaded] = []
    for source in sources:
        document = _validate(source, problems)
        claimed = claimed_models(source.data)
        models |= claimed or set()
        models_known = models_known and claimed is not None
        if document is not None:
            loaded.append(_Loaded(document, source))
    advice = _check(loaded, models if models_known else None, problems)
    if problems:
        raise InvalidInputError(problems)
    return _fleet(loaded, tuple(sorted(advice)))


def _parse_all(paths: Sequence[str], problems: list[Problem]) -> Iterator[SourceDocument]:
    for file, content in read_all(paths, problems):
        known = len(problems)
        documents = parse_documents(content, file, problems)
        if not documents and len(problems) == known:
            message = "there is no document in it; write one, or leave the file out"
            problems.append(Problem(file, 0, 0, "", message, Code.NO_DOCUMENTS))
        yield from documents


def _validate(source: SourceDocument, problems: list[Problem]) -> AnyDocument | None:
    """Return the document, or None after adding what is wrong with it."""
    data = source.data
    if not isinstance(data, dict):
        message = f"expected a document (a mapping with apiVersion, kind, metadata, spec), got a {_word(data)}"
        problems.append(source.problem((), Code.NOT_A_MAPPING, message, field=""))
        return None
    if (problem := _wrong_kind(source, data)) is not None:
        # One wrong kind is one problem: its fields are judged once it is known what they are fields of.
        problems.append(problem)
        return None
    model = KINDS[data["kind"]]
    try:
        return model.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        problems += schema_problems(source, model, error)
        return None


def _word(data: object) -> str:
    return "list" if isinstance(data, list) else "single value"


def _wrong_kind(source: SourceDocument, data: dict[Any, Any]) -> Problem | None:
    for field, known in (("apiVersion", [API_VERSION]), ("kind", list(KINDS))):
        got = data.get(field)
        if got is None:
            message = f'"{field}" is required: {" or ".join(known)}'
            return source.problem((field,), Code.UNKNOWN_KIND, message, field=field)
        if got not in known:
            hint = did_you_mean(got, known) if field == "kind" and isinstance(got, str) else ""
            message = f"got {shown(got)}, expected {' or '.join(known)}{hint}"
            return source.problem((field,), Code.UNKNOWN_KIND, message, field=field)
    return None


def _split_duplicates(loaded: Iterable[_Loaded], problems: list[Problem]) -> list[_Loaded]:
    """Return the first document of each name; the others are added to `problems`."""
    first: dict[tuple[str, str, str], _Loaded] = {}
    for item in loaded:
        key = (item.document.kind, item.namespace, item.document.metadata.name)
        earlier = first.setdefault(key, item)
        if earlier is not item:
            path = ("metadata", "name")
            line, _ = earlier.source.locate(path)
            where = f" in namespace {item.namespace}" if item.namespace else ""
            message = (
                f'{key[0]} "{key[2]}"{where} is declared at {earlier.source.file}:{line} already; '
                "rename or remove one of the two"
            )
            problems.append(item.source.problem(path, Code.DUPLICATE_DOCUMENT, message, field=dotted(path)))
    return list(first.values())


def _check(loaded: Sequence[_Loaded], models: AbstractSet[ModelKey] | None, problems: list[Problem]) -> list[Advice]:
    """Run every check that goes beyond schemas; add to `problems` and return the advice.

    `models` are all that were declared, well or badly; None where that is not known.
    """
    advice: list[Advice] = []
    references = None if models is None else ReferenceCheck(models)
    for item in loaded:
        document = item.document
        if isinstance(document, InferenceEnvironment):
            findings = check_environment(document)
        elif isinstance(document, ModelDeployment):
            findings = chain(check_deployment(document), references.check(document) if references else ())
        else:
            findings = check_model(document.spec)
        _report(item, findings, problems, advice)
    unique = _split_duplicates(loaded, problems)
    places = {id(item.document): item for item in unique}
    for deployment, finding in check_model_names(_fleet(unique, ())):
        _report(places[id(deployment)], [finding], problems, advice)
    return advice


def _report(item: _Loaded, findings: Iterable[Finding], problems: list[Problem], advice: list[Advice]) -> None:
    for finding in findings:
        field = dotted(finding.path)
        if finding.code.is_warning:
            advice.append(Advice(f"{item.label}: {field}", finding.code, finding.message))
        else:
            problems.append(item.source.problem(finding.path, finding.code, finding.message, field=field))


def _model_key(document: ClusterModel | Model) -> ModelKey:
    namespace = document.metadata.namespace if isinstance(document, Model) else ""
    return ModelKey(document.kind, namespace, document.metadata.name)


def _fleet(loaded: Iterable[_Loaded], advice: tuple[Advice, ...]) -> Fleet:
    documents = [item.document for item in loaded]
    environments = [document for document in documents if isinstance(document, InferenceEnvironment)]
    deployments = [document for document in documents if isinstance(document, ModelDeployment)]
    return Fleet(
        environments=tuple(sorted(environments, key=lambda document: document.metadata.name)),
        models=dict(
            sorted(
                (
                    (_model_key(document), document.spec)
                    for document in documents
                    if isinstance(document, ClusterModel | Model)
                ),
                key=itemgetter(0),
            )
        ),
        deployments=tuple(
            sorted(deployments, key=lambda document: (document.metadata.namespace, document.metadata.name))
        ),
        advice=advice,
    )


class _SchemaWriter(GenerateJsonSchema):
    """Writes no titles, for they would only repeat the names of the fields; and quantities as documents have them."""

    def field_title_should_be_set(self, _schema: object) -> bool:
        """Return that no field needs a title."""
        return False

    def encode_default(self, dft: object) -> object:
        """Return a default as JSON has it."""
        return str(dft) if isinstance(dft, Quantity) else super().encode_default(dft)


def document_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the documents of `kind`, a key of KINDS."""
    model: type[BaseModel] = KINDS[kind]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(schema_generator=_SchemaWriter),
    }
