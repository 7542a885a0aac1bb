"""What is among the documents and is not a document of any kind: files of other tools, other objects, other YAML."""

from __future__ import annotations

from typing import Any

from slicewise.diagnostics import Code, Diagnostic, closest, shown
from slicewise.documents.base import API_VERSION
from slicewise.documents.other_names import OTHER_KINDS
from slicewise.documents.reading.foreign_files import foreign_file, is_bare
from slicewise.documents.reading.kinds import KINDS
from slicewise.sources import SourceDocument


def wrong_kind(source: SourceDocument) -> Diagnostic | None:
    """Return why `source` is not a document of any kind; None if it says that it is one.

    One wrong kind is one error: its fields are judged once it is known what they are fields of.
    """
    data = source.data
    if not isinstance(data, dict):
        message = f"expected a document (a mapping with apiVersion, kind, metadata, spec), got a {_word(data)}"
        return source.error(Code.NOT_A_MAPPING, message, _remedy(data))
    if data.get("apiVersion") == API_VERSION and _is_kind(data.get("kind")):
        return None
    if (foreign := foreign_file(source.file, data)) is not None:
        return source.error(Code.UNKNOWN_KIND, foreign.message, foreign.remedy)
    return _wrong_version(source, data) or _unknown_kind(source, data)


def _word(data: object) -> str:
    return "list" if isinstance(data, list) else "single value"


def _remedy(data: object) -> str:
    if isinstance(data, list):
        return "remove the `- ` before each, and begin every document with a line `---`"
    return "write one, or remove this"


def _wrong_version(source: SourceDocument, data: dict[Any, Any]) -> Diagnostic | None:
    version = data.get("apiVersion")
    if version is None:
        return _missing(source, data, "apiVersion", API_VERSION)
    if version == API_VERSION:
        return None
    is_other = isinstance(version, str) and not _is_ours(version, data)
    remedy = "keep other Kubernetes objects in another directory" if is_other else ""
    message = f"got {shown(version)}, expected {API_VERSION}"
    return source.error(Code.UNKNOWN_KIND, message, remedy, field=("apiVersion",), **_facts(version, API_VERSION))


def _unknown_kind(source: SourceDocument, data: dict[Any, Any]) -> Diagnostic | None:
    kind = data.get("kind")
    *others, last = KINDS
    known = f"{', '.join(others)} or {last}"
    if kind is None:
        return _missing(source, data, "kind", known)
    if _is_kind(kind):
        return None
    message, remedy = f"got {shown(kind)}, expected {known}", _meant(kind) if isinstance(kind, str) else ""
    return source.error(Code.UNKNOWN_KIND, message, remedy, field=("kind",), **_facts(kind, *KINDS))


def _missing(source: SourceDocument, data: dict[Any, Any], field: str, known: str) -> Diagnostic:
    message = f'"{field}" is required: write {known}'
    remedy = "a file of another tool belongs in another directory" if is_bare(data) else ""
    return source.error(Code.UNKNOWN_KIND, message, remedy, field=(field,))


def _is_kind(kind: object) -> bool:
    return isinstance(kind, str) and kind in KINDS


def _is_ours(version: str, data: dict[Any, Any]) -> bool:
    """Return whether a document of a wrong apiVersion is meant for Slicewise all the same."""
    return version.startswith("modelplane.ai/") or (
        (version.startswith("modelplane.") or "/" not in version) and _is_kind(data.get("kind"))
    )


def _meant(kind: str) -> str:
    other = OTHER_KINDS.get(kind)
    if other:
        return f"what it declares is a {other} here"
    close = closest(kind, KINDS)
    return f'did you mean "{close}"?' if close else ""


def _facts(found: object, *allowed: str) -> dict[str, Any]:
    return {"found": found if isinstance(found, int | float) else shown(found), "allowed": list(allowed)}
