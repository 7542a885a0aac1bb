"""What the processes that a benchmark starts have cost."""

from __future__ import annotations

import resource


def children_seconds() -> float:
    """Return the seconds of the processor that all children that have ended took, theirs included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
