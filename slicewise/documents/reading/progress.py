"""How far loading has come, for whoever shows it to a person."""

from __future__ import annotations

from collections.abc import Callable

_STEPS = 100


class Progress:
    """Reports the share that is done of some bytes: growing, above 0, at most 1.0, no more often than each percent."""

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
