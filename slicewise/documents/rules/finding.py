"""What a check found, before it is known where in a file it is."""

from __future__ import annotations

from dataclasses import dataclass

from slicewise.diagnostics import Code, FieldPath


@dataclass(frozen=True, slots=True)
class Finding:
    """An error or advice (by its code) about the field at `path` of one document."""

    path: FieldPath
    code: Code
    message: str
