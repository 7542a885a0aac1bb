"""From the plain data of one document to its type, and to everything that is wrong with it alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from pydantic import ValidationError

from slicewise.diagnostics import Diagnostic, FieldPath, Place, Subject
from slicewise.documents.base import ClusterMetadata, NamespacedMetadata
from slicewise.documents.deployment import ModelDeployment, ModelReference
from slicewise.documents.fleet import AnyDocument, ModelKey, reference_key
from slicewise.documents.reading.config_file import fill_in, in_file, of_config, read_config_file
from slicewise.documents.reading.kinds import KINDS, METADATA
from slicewise.documents.reading.schema_problems import schema_mismatch
from slicewise.documents.reading.wrong_kind import wrong_kind
from slicewise.documents.rules import NAME, REFERENCE, check_broken, check_document, validated, value_at
from slicewise.sources import JsonObject, SourceDocument


class Identified(NamedTuple):
    """What a document is called and refers to: it may be wrong only beside other documents.

    Attributes:
        document: None where it does not fit its kind's schema.
        kind: The name of its kind.
        namespace: Its namespace; empty for kinds that live in none.
        name: Its name.
        reference: The model that it refers to.
        file: The file that it is in.
        line: A line that is after all of the document before it in the file.
        locate: Returns line and column of its name, and of the name of the model that it refers to.
    """

    document: AnyDocument | None
    kind: str
    namespace: str
    name: str
    reference: ModelKey | None
    file: str
    line: int
    locate: Callable[[FieldPath], tuple[int, int]]

    @property
    def subject(self) -> Subject:
        """The document, as diagnostics are about it."""
        return Subject(self.kind, self.name, self.namespace)

    def placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """Return `diagnostic` with its place: of the name, or else of the reference where there is one."""
        line, column = self.locate(REFERENCE if self.reference and diagnostic.field != NAME else NAME)
        return replace(diagnostic, place=Place(self.file, line, column))


class ReadDocument(NamedTuple):
    """What came of one document.

    Attributes:
        found: What is wrong with it, or advisable for it, without looking at any other.
        identified: What it is called; None where its kind or its name is not known.
    """

    found: list[Diagnostic]
    identified: Identified | None = None


class _Typed(NamedTuple):
    """A document that says of what kind it is: the document, or why it does not fit the schema of its kind."""

    source: SourceDocument
    kind: type[AnyDocument]
    result: AnyDocument | ValidationError
    config: JsonObject | Diagnostic | None


def read_sources(sources: Iterable[SourceDocument]) -> list[ReadDocument]:
    """Return each document as far as it is right, and all that is wrong with it alone.

    Types come first for all of them and rules then: what runs again at once is still in the processor's caches. One
    document after the other takes a third longer.
    """
    return [_judged(each) if isinstance(each, _Typed) else each for each in [_typed(source) for source in sources]]


def _typed(source: SourceDocument) -> _Typed | ReadDocument:
    if (problem := wrong_kind(source)) is not None:
        return ReadDocument([problem])
    kind = KINDS[source.data["kind"]]
    config = read_config_file(source)
    if isinstance(config, JsonObject):
        fill_in(source, config)
    try:
        return _Typed(source, kind, kind.model_validate(source.data, by_alias=True, by_name=False), config)
    except ValidationError as error:
        return _Typed(source, kind, error, config)


def _judged(typed: _Typed) -> ReadDocument:
    source, kind, result, of_file = typed
    config = of_file if isinstance(of_file, JsonObject) else None
    read = (
        _read_broken(kind, source, result, config)
        if isinstance(result, ValidationError)
        else _read_right(kind, source, result, config)
    )
    return read._replace(found=[of_file, *read.found]) if isinstance(of_file, Diagnostic) else read


def _read_right(
    kind: type[AnyDocument], source: SourceDocument, document: AnyDocument, config: JsonObject | None
) -> ReadDocument:
    reference = document.spec.model_ref if isinstance(document, ModelDeployment) else None
    identified = _identified(source, kind, document, document.metadata, reference)
    return ReadDocument([_told(each, source, identified, config) for each in check_document(document)], identified)


def _read_broken(
    kind: type[AnyDocument], source: SourceDocument, error: ValidationError, config: JsonObject | None
) -> ReadDocument:
    """Return what is wrong with a document that does not fit its schema, and with the parts of it that do."""
    broken = schema_mismatch(source, kind, error)
    problems = check_broken(kind, source.data, broken.wrong)
    found = [*broken.problems, *(_placed(each, source, config) for each in problems)]
    metadata = validated(METADATA[kind], value_at(source.data, ("metadata",)))
    if metadata is None:
        return ReadDocument(found)
    is_deployment = kind is ModelDeployment
    reference = validated(ModelReference, value_at(source.data, ("spec", "modelRef"))) if is_deployment else None
    return ReadDocument(found, _identified(source, kind, None, metadata, reference))


def _identified(
    source: SourceDocument,
    kind: type[AnyDocument],
    document: AnyDocument | None,
    metadata: ClusterMetadata,
    reference: ModelReference | None,
) -> Identified:
    namespace = metadata.namespace if isinstance(metadata, NamespacedMetadata) else ""
    return Identified(
        document=document,
        kind=kind.__name__,
        namespace=namespace,
        name=metadata.name,
        reference=reference_key(reference, namespace) if reference else None,
        file=source.file,
        line=source.line,
        locate=source.lasting_places(NAME, REFERENCE),
    )


def _told(
    diagnostic: Diagnostic, source: SourceDocument, document: Identified, config: JsonObject | None
) -> Diagnostic:
    # Shuffled files give the same warnings: they name no file.
    if diagnostic.is_error:
        return _placed(diagnostic, source, config)
    return replace(diagnostic, subject=document.subject)


def _placed(diagnostic: Diagnostic, source: SourceDocument, config: JsonObject | None) -> Diagnostic:
    return in_file(diagnostic, config) if config and of_config(diagnostic) else source.placed(diagnostic)
