"""Reading documents: every file, every document, every mistake in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from operator import itemgetter

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, Subject, by_document, shown_file
from slicewise.documents.base import NamespacedMetadata
from slicewise.documents.deployment import ModelDeployment, ModelReference
from slicewise.documents.environment import InferenceEnvironment
from slicewise.documents.fleet import AnyDocument, Fleet, ModelKey, model_key, reference_key
from slicewise.documents.reading.progress import Progress
from slicewise.documents.reading.schema_problems import SchemaMismatch
from slicewise.documents.reading.validating import METADATA, validate
from slicewise.documents.rules import (
    NAME,
    REFERENCE,
    ReferenceCheck,
    check_broken,
    check_document,
    claimed_models,
    fleet_advice,
    validated,
    value_at,
)
from slicewise.documents.served_model import ClusterModel, Model
from slicewise.sources import SourceDocument, parse_documents, paused_collector, read_all

_Identity = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What is kept of a document, and the places in it that may be wrong only beside other documents."""

    document: AnyDocument | None
    """None where it does not fit its kind's schema."""
    identity: _Identity
    """Kind, namespace and name."""
    reference: ModelKey | None
    """The model that it refers to."""
    file: str
    name_at: tuple[int, int]
    reference_at: tuple[int, int]

    def placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """Return `diagnostic` of the name or the reference with its place."""
        line, column = self.name_at if diagnostic.field == NAME else self.reference_at
        return replace(diagnostic, place=Place(self.file, line, column))


def load_fleet(paths: Sequence[str], progress: Callable[[float], None] | None = None) -> Fleet:
    """Load and check everything in `paths`: files, directories of `*.yaml` and `*.yml` files, or `-` for stdin.

    Args:
        paths: What to load.
        progress: Called now and then with the share of all bytes that is loaded: growing, above 0, at most 1.0, and no
            more often than each percent.

    Returns:
        All of it, in an order that does not depend on that of `paths`.

    Raises:
        InvalidInputError: anything is wrong; it holds every problem of every file.
    """
    files, unreadable = read_all(paths)
    return load_contents(files, unreadable, progress)


def load_contents(
    files: Sequence[tuple[str, bytes]],
    unreadable: Sequence[Diagnostic] = (),
    progress: Callable[[float], None] | None = None,
) -> Fleet:
    """Load what `read_all` gave: for those who need the contents, too, as standard input can be read only once.

    Args:
        files: Names and contents.
        unreadable: What could not be read.
        progress: As for `load_fleet`.

    Raises:
        InvalidInputError: as `load_fleet`.
    """
    # A quarter of the time would go to the collector, which finds nothing: documents hold no cycles.
    with paused_collector():
        fleet, problems = _load(files, unreadable, progress)
        if problems:
            raise InvalidInputError(problems)
        return replace(fleet, advice=tuple(by_document([*fleet.advice, *fleet_advice(fleet)])))


def _load(
    files: Sequence[tuple[str, bytes]], unreadable: Sequence[Diagnostic], progress: Callable[[float], None] | None
) -> tuple[Fleet, list[Diagnostic]]:
    """Return what could be loaded of the fleet, with the warnings of each document alone, and all errors."""
    unread = list(unreadable)
    found: list[Diagnostic] = []
    loaded: list[_Loaded] = []
    models: set[ModelKey] = set()
    models_known = True
    for source in _parse_all(files, progress):
        if isinstance(source, Diagnostic):
            unread.append(source)
            continue
        claimed = claimed_models(source.data)
        models |= claimed or set()
        models_known = models_known and claimed is not None
        document = validate(source)
        if isinstance(document, Diagnostic):
            found.append(document)
        elif isinstance(document, SchemaMismatch):
            found += document.problems
            found += map(source.placed, check_broken(document.kind, source.data, document.wrong))
            loaded += _loaded_mismatch(document, source)
        else:
            found += _judged_alone(document, source)
            loaded.append(_loaded(document, source))
    unique, repeated = _split_duplicates(loaded)
    errors = [*unread, *repeated, *(each for each in found if each.is_error)]
    # What cannot be read may hold any model: then no reference is called dangling.
    if models_known and not unread:
        errors += _dangling(loaded, models)
    fleet = _fleet([item.document for item in unique if item.document])
    return replace(fleet, advice=tuple(each for each in found if not each.is_error)), errors


def _parse_all(
    files: Sequence[tuple[str, bytes]], report: Callable[[float], None] | None
) -> Iterator[SourceDocument | Diagnostic]:
    progress = Progress(sum(len(content) for _, content in files), report)
    done = 0
    for file, content in files:
        empty = True
        for document in parse_documents(content, file):
            empty = False
            yield document
            if isinstance(document, SourceDocument):
                progress.reached(done + document.end)
        if empty:
            message, remedy = "there is no document in it", "write one, or leave the file out"
            yield Diagnostic.error(Code.NO_DOCUMENTS, message, remedy, place=Place(file))
        done += len(content)
        progress.reached(done)


def _judged_alone(document: AnyDocument, source: SourceDocument) -> Iterator[Diagnostic]:
    """Yield what the rules of one document say of `document`."""
    for each in check_document(document):
        # Shuffled files give the same warnings: they name no file.
        yield source.placed(each) if each.is_error else replace(each, subject=_subject(document))


def _subject(document: AnyDocument) -> Subject:
    return Subject(document.kind, document.metadata.name, getattr(document.metadata, "namespace", ""))


def _loaded(document: AnyDocument, source: SourceDocument) -> _Loaded:
    # Two lookups here are cheaper than keeping all nodes, or parsing a file again when another document is wrong.
    name_at = source.locate(NAME)
    identity = (document.kind, getattr(document.metadata, "namespace", ""), document.metadata.name)
    if isinstance(document, ModelDeployment):
        return _Loaded(document, identity, model_key(document), source.file, name_at, source.locate(REFERENCE))
    return _Loaded(document, identity, None, source.file, name_at, name_at)


def _loaded_mismatch(mismatch: SchemaMismatch, source: SourceDocument) -> Iterator[_Loaded]:
    """Yield what a document that does not fit its schema is called, and refers to, if that much is right."""
    metadata = validated(METADATA[mismatch.kind], value_at(source.data, ("metadata",)))
    if metadata is None:
        return
    namespace = metadata.namespace if isinstance(metadata, NamespacedMetadata) else ""
    deployment = mismatch.kind is ModelDeployment
    reference = validated(ModelReference, value_at(source.data, ("spec", "modelRef"))) if deployment else None
    key = reference_key(reference, namespace) if reference else None
    identity = (mismatch.kind.__name__, namespace, metadata.name)
    yield _Loaded(None, identity, key, source.file, source.locate(NAME), source.locate(REFERENCE))


def _dangling(loaded: Sequence[_Loaded], models: AbstractSet[ModelKey]) -> Iterator[Diagnostic]:
    references = ReferenceCheck(models)
    for item in loaded:
        if item.reference:
            for finding in references.check(item.reference, item.identity[1]):
                yield item.placed(finding)


def _split_duplicates(loaded: Iterable[_Loaded]) -> tuple[list[_Loaded], list[Diagnostic]]:
    """Return the first document of each name, and what is wrong with the others."""
    first: dict[_Identity, _Loaded] = {}
    problems: list[Diagnostic] = []
    # In an order that is not that of the paths: the same input in any order has the same errors.
    for item in sorted(loaded, key=lambda item: (item.file, item.name_at)):
        earlier = first.setdefault(item.identity, item)
        if earlier is not item:
            kind, namespace, name = item.identity
            where = f" in namespace {namespace}" if namespace else ""
            at = f"{shown_file(earlier.file)}:{earlier.name_at[0]}"
            message = f'{kind} "{name}"{where} is declared at {at} already'
            remedy = "rename or remove one of the two"
            problems.append(item.placed(Diagnostic.error(Code.DUPLICATE_DOCUMENT, message, remedy, field=NAME)))
    return list(first.values()), problems


def _model_key(document: ClusterModel | Model) -> ModelKey:
    namespace = document.metadata.namespace if isinstance(document, Model) else ""
    return ModelKey(document.kind, namespace, document.metadata.name)


def _fleet(documents: Sequence[AnyDocument]) -> Fleet:
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
    )
