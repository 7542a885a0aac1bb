"""Reading documents: every file, every document, every mistake in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from operator import itemgetter

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, by_document, shown_file
from slicewise.documents.deployment import ModelDeployment
from slicewise.documents.environment import InferenceEnvironment
from slicewise.documents.fleet import AnyDocument, Fleet, ModelKey
from slicewise.documents.quota import Quota
from slicewise.documents.reading.parsing import parse_batches
from slicewise.documents.reading.read_document import Identified, read_sources
from slicewise.documents.rules import (
    NAME,
    ReferenceCheck,
    check_name_beside_adapters,
    check_prefill_scaling,
    check_routes,
    check_weights_in_pods,
    claimed_models,
    fleet_advice,
)
from slicewise.documents.served_model import ClusterModel, Model
from slicewise.sources import SourceDocument, paused_collector, read_all


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
    identified: list[Identified] = []
    models: set[ModelKey] = set()
    models_known = True
    for batch in parse_batches(files, progress):
        unread += (each for each in batch if isinstance(each, Diagnostic))
        sources = [each for each in batch if isinstance(each, SourceDocument)]
        for claimed in (claimed_models(source.data) for source in sources):
            models |= claimed or set()
            models_known = models_known and claimed is not None
        for document in read_sources(sources):
            found += document.found
            if document.identified:
                identified.append(document.identified)
    unique, repeated = _split_duplicates(identified)
    errors = [*unread, *repeated, *(each for each in found if each.is_error)]
    # What cannot be read may hold any model: then no reference is called dangling.
    if models_known and not unread:
        errors += _dangling(identified, models)
    fleet = _fleet([each.document for each in unique if each.document])
    errors += _against_the_model(unique, fleet)
    if of_fleet := [*check_routes(fleet), *check_weights_in_pods(fleet)]:
        by_subject = {each.subject: each for each in unique}
        errors += [by_subject[each.subject].placed(each) for each in of_fleet]
    return replace(fleet, advice=tuple(each for each in found if not each.is_error)), errors


def _dangling(documents: Iterable[Identified], models: AbstractSet[ModelKey]) -> Iterator[Diagnostic]:
    references = ReferenceCheck(models)
    for each in documents:
        if each.reference:
            yield from map(each.placed, references.check(each.reference, each.namespace))


def _against_the_model(documents: Iterable[Identified], fleet: Fleet) -> Iterator[Diagnostic]:
    for each in documents:
        if (
            isinstance(each.document, ModelDeployment)
            and each.reference
            and (model := fleet.models.get(each.reference))
        ):
            yield from map(each.placed, check_prefill_scaling(each.document, model))
            yield from map(each.placed, check_name_beside_adapters(each.document, model))


def _split_duplicates(documents: Iterable[Identified]) -> tuple[list[Identified], list[Diagnostic]]:
    """Return the first document of each name, and what is wrong with the others."""
    first: dict[tuple[str, str, str], Identified] = {}
    problems: list[Diagnostic] = []
    # In an order that is not that of the paths: the same input in any order has the same errors.
    for each in sorted(documents, key=lambda each: (each.file, each.line)):
        earlier = first.setdefault((each.kind, each.namespace, each.name), each)
        if earlier is not each:
            where = f" in namespace {each.namespace}" if each.namespace else ""
            at = f"{shown_file(earlier.file)}:{earlier.locate(NAME)[0]}"
            message = f'{each.kind} "{each.name}"{where} is declared at {at} already'
            remedy = "rename or remove one of the two"
            problems.append(each.placed(Diagnostic.error(Code.DUPLICATE_DOCUMENT, message, remedy, field=NAME)))
    return list(first.values()), problems


def _model_key(document: ClusterModel | Model) -> ModelKey:
    namespace = document.metadata.namespace if isinstance(document, Model) else ""
    return ModelKey(document.kind, namespace, document.metadata.name)


def _fleet(documents: Sequence[AnyDocument]) -> Fleet:
    environments = [document for document in documents if isinstance(document, InferenceEnvironment)]
    deployments = [document for document in documents if isinstance(document, ModelDeployment)]
    quotas = [document for document in documents if isinstance(document, Quota)]
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
        quotas=tuple(sorted(quotas, key=lambda document: document.name)),
    )
