"""Shortfalls as people read them: how much is missing, why, and what would help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slicewise.diagnostics import Code
from slicewise.documents import Fleet
from slicewise.planning import (
    Plan,
    RejectionGroup,
    Rejections,
    Remedies,
    Shortfall,
    grouped,
    nearest_miss,
    no_remedy,
    place_in_words,
)

# Up to twelve candidates have a line each; of more than that, those with the same reason are counted.
_LISTED = 12


def shortfall_lines(fleet: Fleet, plan: Plan, rejections: Rejections) -> list[str]:
    """Return, for each shortfall, a line, more for the reasons, and the cheapest remedies."""
    remedies = Remedies(fleet, plan, rejections)
    lines: list[str] = []
    for shortfall in plan.shortfalls:
        lines.append(headline(shortfall))
        lines += (f"  {line}" for line in _reasons(shortfall, rejections.of(shortfall.deployment)))
        lines += (f"  {line}" for line in remedy_lines(fleet, remedies, shortfall))
    return lines


def headline(shortfall: Shortfall) -> str:
    """Return what is missing."""
    return f"{shortfall.deployment}: {shortfall.placed} of {shortfall.wanted} environments [{Code.SHORTFALL.value}]"


def remedy_lines(fleet: Fleet, remedies: Remedies, shortfall: Shortfall) -> Iterator[str]:
    """Yield the cheapest remedies, and what comes nearest where no pool could serve it."""
    rejections = remedies.rejections.of(shortfall.deployment)
    nearest = nearest_miss(fleet, shortfall, rejections)
    if nearest:
        yield str(nearest)
    found = remedies.of(shortfall)
    for remedy in found:
        yield f"remedy: {remedy}"
    if not found:
        yield str(no_remedy(fleet, shortfall, rejections))


def _reasons(shortfall: Shortfall, rejections: Sequence[RejectionGroup]) -> Iterator[str]:
    if not rejections:
        there = "every environment that is declared serves it already"
        yield there if shortfall.placed else "no environment is declared"
    elif sum(len(group.numbers) for group in rejections) <= _LISTED:
        each = (item for group in rejections for item in group.each())
        for item in sorted(each, key=lambda item: item.order):
            profile = f" with {item.profile}" if item.profile else ""
            yield f"{place_in_words(item.place)}{profile}: {item.text} ({item.code})"
    else:
        yield from map(str, grouped(rejections))
