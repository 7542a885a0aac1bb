"""Labels and annotations that somebody else sets, and relies on: documents leave them alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from slicewise.diagnostics import Code, Diagnostic, FieldPath
from slicewise.documents.environment import ENVIRONMENT_LABEL
from slicewise.documents.reserved_labels import owner_of_annotation, owner_of_label

_LABELS = ("metadata", "labels")
_Written = Mapping[str, str] | None


def check_owned(labels: _Written, annotations: _Written, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield the labels and annotations below `path`, which become those of pods, that others set."""
    yield from _check_owners(labels, owner_of_label, (*path, "labels"))
    yield from _check_owners(annotations, owner_of_annotation, (*path, "annotations"))


def check_environment_labels(labels: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Yield the label of an environment's document that every environment has by itself."""
    if ENVIRONMENT_LABEL in labels:
        message = f"{ENVIRONMENT_LABEL} is Slicewise's own: every environment has it, with its name as the value"
        remedy = "leave it out; environmentSelector matches it as it is"
        yield Diagnostic.error(Code.RESERVED_LABEL, message, remedy, field=(*_LABELS, ENVIRONMENT_LABEL))


def _check_owners(written: _Written, owner: Callable[[str], str | None], path: FieldPath) -> Iterator[Diagnostic]:
    for key in written or ():
        if whose := owner(key):
            message = f"{key} is {whose}'s own, which sets it and relies on it"
            remedy = "leave it out, or use a key with a prefix of your own"
            yield Diagnostic.error(Code.RESERVED_LABEL, message, remedy, field=(*path, key))
