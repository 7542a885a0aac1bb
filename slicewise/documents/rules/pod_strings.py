"""Every text that becomes a part of a service: KServe reads each as a Go template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath
from slicewise.documents.base import Frozen

_BRACES: Final = "{{"


def check_strings(said: Frozen, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield the texts of `said`, which is at `path`, that KServe would take for expressions."""
    # Nearly always there are none, which takes no look at each text: in JSON's own notation these never meet.
    if _BRACES not in said.model_dump_json(exclude_unset=True):
        return
    for at in _with_braces(said.model_dump(by_alias=True, exclude_none=True), path):
        message = 'KServe reads every string of a service as a Go template, and "{{" begins an expression there'
        yield Diagnostic.error(Code.TEMPLATE_CHARACTERS, message, "write the text without it", field=at)


def _with_braces(value: Any, path: FieldPath) -> Iterator[FieldPath]:  # noqa: ANN401 - plain data
    if isinstance(value, str) and _BRACES in value:
        yield path
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _with_braces(each, (*path, key))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _with_braces(each, (*path, index))
