"""YAML that others wrote, read with the limits of documents: libyaml crashes on towers and expands bombs."""

from __future__ import annotations

from typing import Any

from slicewise.diagnostics import Diagnostic
from slicewise.sources.yaml_source import parse_documents


class NotPlainYamlError(ValueError):
    """The text is no YAML of plain data, or nested or expanding beyond all reason; nothing of it is in the message."""


def read_plain(text: str) -> list[Any]:
    """Return the data of the YAML documents in `text`; empty ones are left out.

    Raises:
        NotPlainYamlError: it is not YAML, or refused as a document of Slicewise would be (SW102 to SW106).
    """
    read: list[Any] = []
    for document in parse_documents(text.encode(errors="replace"), ""):
        if isinstance(document, Diagnostic):
            # The parser's own words may quote the text.
            message = "not YAML"
            raise NotPlainYamlError(message)
        read.append(document.data)
    return read
