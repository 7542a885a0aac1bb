"""Rules of where weights come from: the block that goes with the source, and no other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, dotted
from slicewise.documents.model_source import ModelSource

SPEC: Final[FieldPath] = ("spec",)


def check_source(source: ModelSource, present: AbstractSet[ModelSource]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the blocks of a model whose weights come from `source`; `present` are those it has."""
    yield from check_blocks(source, present, SPEC)


def check_blocks(source: ModelSource, present: AbstractSet[ModelSource], at: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the block of `source` is missing below `at`, and each block of another source that is there."""
    others = _in_order(present - {source})
    if source not in present and len(others) == 1:
        (other,) = others
        message = f"source {source} takes no {other.block} block"
        remedy = f'write "source: {other}", or {source.block} in place of {other.block}'
        yield Diagnostic.error(Code.SOURCE_BLOCK, message, remedy, field=(*at, other.block))
        return
    if source not in present:
        message = f'"{source.block}" is required in {dotted(at)}'
        yield Diagnostic.error(Code.MISSING_FIELD, message, "add it", field=(*at, source.block))
    for other in others:
        there = f" and remove {source.block}" if source in present else ""
        message = f"source {source} takes no {other.block} block"
        remedy = f'remove it, or write "source: {other}"{there}'
        yield Diagnostic.error(Code.SOURCE_BLOCK, message, remedy, field=(*at, other.block))


def _in_order(sources: AbstractSet[ModelSource]) -> Sequence[ModelSource]:
    return [source for source in ModelSource if source in sources]
