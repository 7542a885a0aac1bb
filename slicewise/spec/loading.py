"""Reading documents: every file, every document, every mistake in one pass."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from slicewise.spec.base import API_VERSION
from slicewise.spec.checks.deployment import check_deployment
from slicewise.spec.checks.environment import check_environment
from slicewise.spec.checks.finding import Finding
from slicewise.spec.checks.fleet import check_model_names, check_reference
from slicewise.spec.checks.model import check_model
from slicewise.spec.codes import Code
from slicewise.spec.deployment import ModelDeployment
from slicewise.spec.environment import InferenceEnvironment
from slicewise.spec.fleet import AnyDocument, Fleet, ModelKey
from slicewise.spec.model import ClusterModel, Model
from slicewise.spec.problems import Advice, InvalidInputError, Problem, dotted
from slicewise.spec.schema_problems import did_you_mean, schema_problems
from slicewise.spec.yaml_source import SourceDocument, parse_documents

KINDS: Final[dict[str, type[AnyDocument]]] = {
    "InferenceEnvironment": InferenceEnvironment,
    "ClusterModel": ClusterModel,
    "Model": Model,
    "ModelDeployment": ModelDeployment,
}
STDIN: Final = "-"


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
    sources: list[SourceDocument] = []
    for file, content in _read_all(paths, problems):
        try:
            documents = parse_documents(content, file)
        except InvalidInputError as error:
            problems += error.problems
            continue
        if not documents:
            problems.append(Problem(file, 0, 0, "", "has no document; remove it or fill it", Code.NO_DOCUMENTS))
        sources += documents
    loaded: list[_Loaded] = []
    broken: set[ModelKey] = set()
    for source in sources:
        document = _validate(source, problems)
        if document is None:
            broken.add(_claimed_key(source.data))
        else:
            loaded.append(_Loaded(document, source))
    problems += _duplicates(loaded)
    advice = _check(loaded, broken, problems)
    if problems:
        raise InvalidInputError(problems)
    return _fleet(loaded, tuple(sorted(advice)))


def _read_all(paths: Sequence[str], problems: list[Problem]) -> Iterator[tuple[str, bytes]]:
    seen: set[Path] = set()
    for text in paths:
        if text == STDIN:
            yield "<stdin>", sys.stdin.buffer.read()
            continue
        for path in _files(Path(text), problems):
            # A file named twice (a directory, and a file in it) is read once.
            if path.resolve() in seen:
                continue
            seen.add(path.resolve())
            try:
                yield str(path), path.read_bytes()
            except OSError as error:
                message = f"cannot be read: {error.strerror}"
                problems.append(Problem(str(path), 0, 0, "", message, Code.UNREADABLE))


def _files(path: Path, problems: list[Problem]) -> list[Path]:
    try:
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix in (".yaml", ".yml"))
            if not files:
                message = "the directory holds no *.yaml or *.yml file (directories below it are not searched)"
                problems.append(Problem(str(path), 0, 0, "", message, Code.NO_DOCUMENTS))
            return files
        path.stat()
    except FileNotFoundError:
        problems.append(Problem(str(path), 0, 0, "", "no such file or directory", Code.PATH_MISSING))
        return []
    except OSError as error:
        problems.append(Problem(str(path), 0, 0, "", f"cannot be read: {error.strerror}", Code.UNREADABLE))
        return []
    return [path]


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
        return model.model_validate(data)
    except ValidationError as error:
        problems += schema_problems(source, model, error.errors(include_url=False))
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
            hint = did_you_mean(str(got), known) if field == "kind" else ""
            message = f"got {got!r:.60}, expected {', '.join(known)}{hint}"
            return source.problem((field,), Code.UNKNOWN_KIND, message, field=field)
    return None


def _claimed_key(data: object) -> ModelKey:
    """Return the key that a broken document would have had, so that references to it are not called dangling too."""
    if not isinstance(data, dict):
        return ModelKey("", "", "")
    metadata = data.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    kind = str(data.get("kind"))
    namespace = str(metadata.get("namespace", "default")) if kind == "Model" else ""
    return ModelKey(kind, namespace, str(metadata.get("name")))


def _duplicates(loaded: Iterable[_Loaded]) -> Iterator[Problem]:
    first: dict[tuple[str, str, str], _Loaded] = {}
    for item in loaded:
        key = (item.document.kind, item.namespace, item.document.metadata.name)
        earlier = first.setdefault(key, item)
        if earlier is not item:
            line, _ = earlier.source.locate(("metadata", "name"))
            where = f" in namespace {item.namespace}" if item.namespace else ""
            message = (
                f'{key[0]} "{key[2]}"{where} is declared at {earlier.source.file}:{line} already; names are unique'
            )
            path = ("metadata", "name")
            yield item.source.problem(path, Code.DUPLICATE_DOCUMENT, message, field=dotted(path))


def _check(loaded: Sequence[_Loaded], broken: set[ModelKey], problems: list[Problem]) -> list[Advice]:
    """Run every check that goes beyond schemas; add to `problems` and return the advice."""
    advice: list[Advice] = []
    models = {_model_key(item.document) for item in loaded if isinstance(item.document, ClusterModel | Model)} | broken
    for item in loaded:
        document = item.document
        if isinstance(document, InferenceEnvironment):
            findings = check_environment(document)
        elif isinstance(document, ModelDeployment):
            findings = iter([*check_deployment(document), *check_reference(document, models)])
        else:
            findings = check_model(document.spec)
        _report(item, findings, problems, advice)
    if not problems:
        places = {id(item.document): item for item in loaded}
        for deployment, finding in check_model_names(_fleet(loaded, ())):
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
        models={
            _model_key(document): document.spec for document in documents if isinstance(document, ClusterModel | Model)
        },
        deployments=tuple(
            sorted(deployments, key=lambda document: (document.metadata.namespace, document.metadata.name))
        ),
        advice=advice,
    )


def document_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the documents of `kind`, a key of KINDS."""
    model: type[BaseModel] = KINDS[kind]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema(by_alias=True)}
