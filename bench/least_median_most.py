"""How the runs of one measurement are reported."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def least_median_most(values: Sequence[float], digits: int = 0) -> str:
    """Return the least, the median and the most, with so many digits behind the point, in columns."""
    return " ".join(f"{value:7.{digits}f}" for value in (min(values), statistics.median(values), max(values)))
