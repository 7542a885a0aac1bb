"""Wait for a condition, with a deadline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from embedded.errors import ControlPlaneError

if TYPE_CHECKING:
    from collections.abc import Callable

_INTERVAL = 0.05
_LONGEST_INTERVAL = 1.0


def wait_until(what: str, reached: Callable[[], bool], seconds: float) -> None:
    """Poll until `reached()` is true, ever more rarely: asking takes the time of those who do the work.

    Args:
        what: The condition in words, for the error.
        reached: The probe; what it raises ends the wait.
        seconds: The deadline.

    Raises:
        ControlPlaneError: The deadline passed.
    """
    began = time.monotonic()
    while not reached():
        waited = time.monotonic() - began
        if waited > seconds:
            raise ControlPlaneError(f"{what}: not within {seconds:g} s")
        time.sleep(min(max(_INTERVAL, waited / 10), _LONGEST_INTERVAL))
