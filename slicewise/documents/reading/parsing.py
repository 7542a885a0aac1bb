"""From files to their documents as plain data, some at a time, and how far that has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, Place
from slicewise.sources import SourceDocument, parse_documents

_STEPS: Final = 100
# Enough documents for what processors keep of a step, and few enough for memory: some hold their nodes.
_BATCH: Final = 4096
_BATCH_BYTES: Final = 1 << 20


def parse_batches(
    files: Sequence[tuple[str, bytes]], report: Callable[[float], None] | None
) -> Iterator[list[SourceDocument | Diagnostic]]:
    """Yield the documents of all `files`, and what keeps others from being read, some at a time.

    Args:
        files: Names and contents.
        report: Called with the share of all bytes that is done: growing, above 0, at most 1.0, and no more often than
            each percent.
    """
    progress = _Progress(sum(len(content) for _, content in files), report)
    batch: list[SourceDocument | Diagnostic] = []
    done = begun = 0
    for file, content in files:
        empty = True
        for document in parse_documents(content, file):
            empty = False
            batch.append(document)
            if isinstance(document, SourceDocument):
                progress.reached(done + document.end)
            if len(batch) >= _BATCH:
                yield batch
                batch, begun = [], done
        if empty:
            message, remedy = "there is no document in it", "write one, or leave the file out"
            batch.append(Diagnostic.error(Code.NO_DOCUMENTS, message, remedy, place=Place(file)))
        done += len(content)
        progress.reached(done)
        if done - begun >= _BATCH_BYTES:
            yield batch
            batch, begun = [], done
    yield batch


class _Progress:
    """Reports the share that is done of some bytes."""

    def __init__(self, total: int, report: Callable[[float], None] | None) -> None:
        self._total = total
        self._report = report
        self._step = 0

    def reached(self, done: int) -> None:
        """Report that `done` bytes of all are done, if that makes another percent."""
        step = _STEPS * done // self._total if self._total else _STEPS
        if self._report and step > self._step:
            self._step = step
            self._report(step / _STEPS)
