"""A bar while clusters answer: only for people, and only when it takes long enough to wonder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from slicewise.presentation.progress import SECONDS


@contextmanager
def waiting_bar(what: str, count: int) -> Iterator[Callable[[], None]]:
    """Give a function to call when one of `count` things is there; without a terminal it does nothing."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda: None
        return
    columns = (SpinnerColumn(), TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=console, transient=True)
    task = progress.add_task(what, total=count)
    # Nothing may happen for long, so no call would start it.
    timer = threading.Timer(SECONDS, progress.start)
    timer.start()
    try:
        yield lambda: progress.advance(task)
    finally:
        timer.cancel()
        timer.join()
        if progress.live.is_started:
            progress.stop()
