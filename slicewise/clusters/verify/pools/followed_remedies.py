"""Remedies that write other numbers in a pool, followed before they are given: a warning's leave the plan its room."""

from __future__ import annotations

from dataclasses import replace

from slicewise.diagnostics import Found, Severity
from slicewise.planning import ChargedPool


def followed(found: Found, charged: ChargedPool) -> Found:
    """Return a difference with the best remedy that leaves the plan its room.

    Of an error it is the first in any case: its pods lack room already, and the documents come to say so.

    Args:
        found: The difference.
        charged: The pool with what the plan has on it.
    """
    if found.severity is Severity.ERROR:
        return found
    for way in found.ways:
        if not way.fields or charged.with_pool(**way.fields).holds:
            return replace(found, remedy=way.remedy)
    return found
