"""What runs on this machine; what ends while it is looked at is left out."""

from __future__ import annotations

from contextlib import suppress

import psutil


def commands_with(text: str) -> list[str]:
    """Return the command lines on this machine that contain `text`; a dead process has none."""
    every = (" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))
    return [command for command in every if text in command]


def descendants(pid: int) -> dict[int, str]:
    """Return all that a process has started and that runs still, with each one's command line."""
    found: dict[int, str] = {}
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                found[child.pid] = " ".join(child.cmdline())
    return found
