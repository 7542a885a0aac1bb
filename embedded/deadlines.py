"""Wait for a condition, with a deadline."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from embedded.errors import ControlPlaneError

if TYPE_CHECKING:
    from collections.abc import Callable

_INTERVAL = 0.05


def wait_until(what: str, reached: Callable[[], bool], seconds: float) -> None:
    """Poll until `reached()` is true.

    Args:
        what: The condition in words, for the error.
        reached: The probe; what it raises ends the wait.
        seconds: The deadline.

    Raises:
        ControlPlaneError: The deadline passed.
    """
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            raise ControlPlaneError(f"{what}: not within {seconds:g} s")
        time.sleep(_INTERVAL)
