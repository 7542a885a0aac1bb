"""Reading documents: every file, every document, every mistake in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from operator import itemgetter

from slicewise.diagnostics import Advice, Code, FieldPath, InvalidInputError, Problem, dotted, shown_file
from slicewise.documents.base import NamespacedMetadata
from slicewise.documents.deployment import ModelDeployment, ModelReference
from slicewise.documents.environment import InferenceEnvironment
from slicewise.documents.fleet import AnyDocument, Fleet, ModelKey, label, model_key, reference_key
from slicewise.documents.reading.broken_documents import check_misfit
from slicewise.documents.reading.progress import Progress
from slicewise.documents.reading.schema_problems import Misfit
from slicewise.documents.reading.validating import METADATA, validate
from slicewise.documents.rules import (
    NAME,
    REFERENCE,
    Finding,
    ReferenceCheck,
    at,
    check_document,
    claimed_models,
    fleet_advice,
    validated,
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

    def problem(self, path: FieldPath, code: Code, message: str) -> Problem:
        line, column = self.name_at if path == NAME else self.reference_at
        return Problem(self.file, line, column, dotted(path), message, code)


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
    problems: list[Problem] = []
    files = list(read_all(paths, problems))
    return load_contents(files, problems, progress)


def load_contents(
    files: Sequence[tuple[str, bytes]],
    unreadable: Sequence[Problem] = (),
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
    problems: list[Problem] = []
    # A quarter of the time would go to the collector, which finds nothing: documents hold no cycles.
    with paused_collector():
        fleet = _load(files, list(unreadable), progress, problems)
    if problems:
        raise InvalidInputError(problems)
    return fleet


def _load(
    files: Sequence[tuple[str, bytes]],
    unreadable: list[Problem],
    progress: Callable[[float], None] | None,
    problems: list[Problem],
) -> Fleet:
    """Return what could be loaded of the fleet; what is wrong is added to `problems`."""
    advice: list[Advice] = []
    loaded: list[_Loaded] = []
    models: set[ModelKey] = set()
    models_known = True
    for source in _parse_all(files, unreadable, progress):
        claimed = claimed_models(source.data)
        models |= claimed or set()
        models_known = models_known and claimed is not None
        document = validate(source, problems)
        if isinstance(document, Misfit):
            for finding in check_misfit(source.data, document):
                _report(finding, source, problems)
            loaded += _loaded_misfit(document, source)
        elif document is not None:
            _check_alone(document, source, problems, advice)
            loaded.append(_loaded(document, source))
    problems += unreadable
    # What cannot be read may hold any model: then no reference is called dangling.
    if models_known and not unreadable:
        problems += _dangling(loaded, models)
    unique = _split_duplicates(loaded, problems)
    fleet = _fleet([item.document for item in unique if item.document], tuple(sorted(advice)))
    if problems:
        return fleet
    return replace(fleet, advice=tuple(sorted([*fleet.advice, *fleet_advice(fleet)])))


def _parse_all(
    files: Sequence[tuple[str, bytes]], problems: list[Problem], report: Callable[[float], None] | None
) -> Iterator[SourceDocument]:
    progress = Progress(sum(len(content) for _, content in files), report)
    done = 0
    for file, content in files:
        known = len(problems)
        empty = True
        for document in parse_documents(content, file, problems):
            empty = False
            yield document
            progress.reached(done + document.end)
        if empty and len(problems) == known:
            message = "there is no document in it; write one, or leave the file out"
            problems.append(Problem(file, 0, 0, "", message, Code.NO_DOCUMENTS))
        done += len(content)
        progress.reached(done)


def _check_alone(document: AnyDocument, source: SourceDocument, problems: list[Problem], advice: list[Advice]) -> None:
    """Run the checks that look at one document only."""
    for finding in check_document(document):
        if finding.code.is_warning:
            advice.append(Advice(f"{_label(document)}: {dotted(finding.path)}", finding.code, finding.message))
        else:
            _report(finding, source, problems)


def _report(finding: Finding, source: SourceDocument, problems: list[Problem]) -> None:
    """Add an error; warnings are for documents without any."""
    if not finding.code.is_warning:
        problems.append(source.problem(finding.path, finding.code, finding.message, field=dotted(finding.path)))


def _label(document: AnyDocument) -> str:
    """Return the document in a warning's path, which names no file: shuffled files give the same warnings."""
    return label(document.kind, getattr(document.metadata, "namespace", ""), document.metadata.name)


def _loaded(document: AnyDocument, source: SourceDocument) -> _Loaded:
    # Two lookups here are cheaper than keeping all nodes, or parsing a file again when another document is wrong.
    name_at = source.locate(NAME)
    identity = (document.kind, getattr(document.metadata, "namespace", ""), document.metadata.name)
    if isinstance(document, ModelDeployment):
        return _Loaded(document, identity, model_key(document), source.file, name_at, source.locate(REFERENCE))
    return _Loaded(document, identity, None, source.file, name_at, name_at)


def _loaded_misfit(misfit: Misfit, source: SourceDocument) -> Iterator[_Loaded]:
    """Yield what a document that does not fit its schema is called, and refers to, if that much is right."""
    metadata = validated(METADATA[misfit.kind], at(source.data, ("metadata",)))
    if metadata is None:
        return
    namespace = metadata.namespace if isinstance(metadata, NamespacedMetadata) else ""
    deployment = misfit.kind is ModelDeployment
    reference = validated(ModelReference, at(source.data, ("spec", "modelRef"))) if deployment else None
    key = reference_key(reference, namespace) if reference else None
    identity = (misfit.kind.__name__, namespace, metadata.name)
    yield _Loaded(None, identity, key, source.file, source.locate(NAME), source.locate(REFERENCE))


def _dangling(loaded: Sequence[_Loaded], models: AbstractSet[ModelKey]) -> Iterator[Problem]:
    references = ReferenceCheck(models)
    for item in loaded:
        if item.reference:
            for finding in references.check(item.reference, item.identity[1]):
                yield item.problem(finding.path, finding.code, finding.message)


def _split_duplicates(loaded: Iterable[_Loaded], problems: list[Problem]) -> list[_Loaded]:
    """Return the first document of each name; the others are added to `problems`."""
    first: dict[_Identity, _Loaded] = {}
    # In an order that is not that of the paths: the same input in any order has the same errors.
    for item in sorted(loaded, key=lambda item: (item.file, item.name_at)):
        earlier = first.setdefault(item.identity, item)
        if earlier is not item:
            kind, namespace, name = item.identity
            where = f" in namespace {namespace}" if namespace else ""
            message = (
                f'{kind} "{name}"{where} is declared at {shown_file(earlier.file)}:{earlier.name_at[0]} already; '
                "rename or remove one of the two"
            )
            problems.append(item.problem(NAME, Code.DUPLICATE_DOCUMENT, message))
    return list(first.values())


def _model_key(document: ClusterModel | Model) -> ModelKey:
    namespace = document.metadata.namespace if isinstance(document, Model) else ""
    return ModelKey(document.kind, namespace, document.metadata.name)


def _fleet(documents: Sequence[AnyDocument], advice: tuple[Advice, ...]) -> Fleet:
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
