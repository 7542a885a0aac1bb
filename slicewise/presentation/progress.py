"""A bar while documents are read: only for people, and only when it takes long enough to wonder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

SECONDS = 2.0


@contextmanager
def loading_bar() -> Iterator[Callable[[float], None] | None]:
    """Give a function to call with the share that has been read; None where standard error is not a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("reading documents"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, transient=True)
    task = progress.add_task("reading", total=1.0)
    began = time.monotonic()

    def show(share: float) -> None:
        progress.update(task, completed=share)
        if not progress.live.is_started and time.monotonic() - began >= SECONDS:
            progress.start()

    try:
        yield show
    finally:
        if progress.live.is_started:
            progress.stop()
