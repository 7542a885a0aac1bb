"""Bars while documents are read and clusters answer: only for people, and only when it takes long enough to wonder."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from slicewise.presentation.console import progress_console

SECONDS: Final = 2.0


@contextmanager
def loading_bar() -> Iterator[Callable[[float], None] | None]:
    """Give a function to call with the share that has been read; None where standard error is not a terminal."""
    with _bar(TextColumn("reading documents"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()) as progress:
        if progress is None:
            yield None
            return
        task = progress.add_task("reading", total=1.0)
        began = time.monotonic()

        def show(share: float) -> None:
            progress.update(task, completed=share)
            if not progress.live.is_started and time.monotonic() - began >= SECONDS:
                progress.start()

        yield show


@contextmanager
def waiting_bar(what: str, count: int) -> Iterator[Callable[[], None]]:
    """Give a function to call when one of `count` things is there; without a terminal it does nothing."""
    columns = (SpinnerColumn(), TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with _bar(*columns) as progress:
        if progress is None:
            yield lambda: None
            return
        task = progress.add_task(what, total=count)
        # Nothing may happen for long, so no call would start it.
        timer = threading.Timer(SECONDS, progress.start)
        timer.start()
        try:
            yield lambda: progress.advance(task)
        finally:
            timer.cancel()
            timer.join()


@contextmanager
def _bar(*columns: ProgressColumn) -> Iterator[Progress | None]:
    """Give a bar that has not started, and goes in the end; None where standard error is not a terminal."""
    console = progress_console()
    if not console.is_terminal:
        yield None
        return
    progress = Progress(*columns, console=console, transient=True)
    try:
        yield progress
    finally:
        if progress.live.is_started:
            progress.stop()
