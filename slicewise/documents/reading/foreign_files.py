"""Files of other tools among the documents: what they are, and where the documents are instead."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

# As Pulumi names a project's file, and those that hold each stack's configuration.
_PROJECT: Final = ("Pulumi.yaml", "Pulumi.yml")
_STACK: Final = re.compile(r"Pulumi\.(.+)\.ya?ml")
_OURS: Final = frozenset({"apiVersion", "kind", "metadata", "spec"})


def foreign_file(file: str, data: dict[Any, Any]) -> str:
    """Return what a mapping without apiVersion is that no person meant as a document, and what to do about it.

    Nothing where it has a field that every document has, and so is one that is not finished.

    Args:
        file: The file's name, as errors show it.
        data: The mapping.
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


def elsewhere(data: dict[Any, Any]) -> str:
    """Return what to do, at the end of a message, with a mapping that has nothing of a document."""
    return "" if _OURS & data.keys() else "; a file of another tool belongs in another directory"
