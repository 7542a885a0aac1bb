"""What is among the documents and is not a document of any kind: files of other tools, other objects, other YAML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from slicewise.diagnostics import Code, Diagnostic, did_you_mean, shown
from slicewise.documents.base import API_VERSION
from slicewise.documents.other_names import OTHER_KINDS
from slicewise.documents.reading.kinds import KINDS
from slicewise.sources import SourceDocument

# As Pulumi names a project's file, and those that hold each stack's configuration.
_PROJECT: Final = ("Pulumi.yaml", "Pulumi.yml")
_STACK: Final = re.compile(r"Pulumi\.(.+)\.ya?ml")
_OURS: Final = frozenset({"apiVersion", "kind", "metadata", "spec"})


def wrong_kind(source: SourceDocument) -> Diagnostic | None:
    """Return why `source` is not a document of any kind; None if it says that it is one.

    One wrong kind is one error: its fields are judged once it is known what they are fields of.
    """
    data = source.data
    if not isinstance(data, dict):
        message = f"expected a document (a mapping with apiVersion, kind, metadata, spec), got a {_word(data)}"
        return source.error(Code.NOT_A_MAPPING, message, _remedy(data))
    if message := _foreign_file(source.file, data):
        return source.error(Code.UNKNOWN_KIND, message)
    return _wrong_version(source, data) or _unknown_kind(source, data)


def _word(data: object) -> str:
    return "list" if isinstance(data, list) else "single value"


def _remedy(data: object) -> str:
    if isinstance(data, list):
        return "remove the `- ` before each, and begin every document with a line `---`"
    return "write one, or remove this"


def _foreign_file(file: str, data: dict[Any, Any]) -> str:
    """Return what a mapping without apiVersion is that no person meant as a document, and what to do about it.

    Nothing where it has a field that every document has, and so is one that is not finished.
    """
    if _OURS & data.keys():
        return ""
    path = Path(file)
    if path.name in _PROJECT:
        return "this is Pulumi's file of a project, not a document; name the directory that holds the documents"
    if found := _STACK.fullmatch(path.name):
        return (
            f"this is Pulumi's configuration of the stack {found[1]}, not a document; name the directory that holds "
            f"its documents ({path.with_name(found[1])}, unless slicewise:manifests says another)"
        )
    return ""


def _wrong_version(source: SourceDocument, data: dict[Any, Any]) -> Diagnostic | None:
    version = data.get("apiVersion")
    if version is None:
        return _missing(source, data, "apiVersion", API_VERSION)
    if version == API_VERSION:
        return None
    is_other = isinstance(version, str) and not _is_ours(version, data)
    hint = "; keep other Kubernetes objects in another directory" if is_other else ""
    message = f"got {shown(version)}, expected {API_VERSION}{hint}"
    return source.error(Code.UNKNOWN_KIND, message, field=("apiVersion",))


def _unknown_kind(source: SourceDocument, data: dict[Any, Any]) -> Diagnostic | None:
    kind = data.get("kind")
    *others, last = KINDS
    known = f"{', '.join(others)} or {last}"
    if kind is None:
        return _missing(source, data, "kind", known)
    if isinstance(kind, str) and kind in KINDS:
        return None
    hint = _meant(kind) if isinstance(kind, str) else ""
    return source.error(Code.UNKNOWN_KIND, f"got {shown(kind)}, expected {known}{hint}", field=("kind",))


def _missing(source: SourceDocument, data: dict[Any, Any], field: str, known: str) -> Diagnostic:
    elsewhere = "" if _OURS & data.keys() else "; a file of another tool belongs in another directory"
    return source.error(Code.UNKNOWN_KIND, f'"{field}" is required: write {known}{elsewhere}', field=(field,))


def _is_ours(version: str, data: dict[Any, Any]) -> bool:
    """Return whether a document of a wrong apiVersion is meant for Slicewise all the same."""
    kind = data.get("kind")
    return version.startswith("modelplane.ai/") or (
        (version.startswith("modelplane.") or "/" not in version) and isinstance(kind, str) and kind in KINDS
    )


def _meant(kind: str) -> str:
    other = OTHER_KINDS.get(kind)
    return f"; what it declares is a {other} here" if other else did_you_mean(kind, KINDS)
