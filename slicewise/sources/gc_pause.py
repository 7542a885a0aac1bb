"""Work that makes many objects and no garbage in cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """Keep Python's cyclic garbage collector from looking again and again at a heap that only grows.

    Nor does it look at all of that at once when it goes on, but with the next full collection.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():
                # All objects are old then, as after a collection.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
