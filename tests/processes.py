"""What runs on this machine; what ends while it is looked at is left out."""

from __future__ import annotations

from contextlib import suppress

import psutil

from embedded.deadlines import wait_until

_SECONDS = 300


def commands_with(text: str) -> list[str]:
    """Return the command lines on this machine that contain `text`; a dead process has none."""
    every = (" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))
    return [command for command in every if text in command]


def wait_ended(text: str) -> None:
    """Wait until no process on this machine has `text` in its command line."""
    wait_until(f"no process with {text}", lambda: not commands_with(text), _SECONDS)


def descendants(pid: int) -> dict[int, str]:
    """Return all that a process has started and that runs still, with each one's command line."""
    found: dict[int, str] = {}
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                found[child.pid] = " ".join(child.cmdline())
    return found
