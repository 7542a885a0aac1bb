"""A plan as Markdown, for a comment on a pull request or a job's summary: what changes, what is wrong, then the tables.

Everything that documents or an earlier plan say stands in fenced blocks, where it is text: no link, no mention of a
person and no HTML can be made of it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from rich.console import Console

from slicewise.changes import PlanChanges
from slicewise.diagnostics import counted, printable
from slicewise.documents import Fleet
from slicewise.planning import AccountsBy, Plan, Rejections
from slicewise.presentation.accounts import print_accounts
from slicewise.presentation.changes import change_lines, changes_headline
from slicewise.presentation.console import plain_console
from slicewise.presentation.shortfalls import shortfall_lines
from slicewise.presentation.tables import print_quotas, print_tables, warning_lines

# GitHub takes 65,536 characters in a comment, and refuses a longer one.
_MOST_IN_ALL: Final = 60_000
# What a reviewer must see goes before the tables.
_MOST_A_SECTION: Final = 18_000


def plan_as_markdown(fleet: Fleet, plan: Plan, changes: PlanChanges | None) -> str:
    """Return what `plan` changes of an earlier plan, if there is one; its shortfalls, warnings, and tables, folded."""
    return "\n".join(_cut([*_sections(fleet, plan, changes), ""]))


def _sections(fleet: Fleet, plan: Plan, changes: PlanChanges | None) -> Iterator[str]:
    if changes is None:
        yield f"### Plan: {counted(len(plan.placements), 'placement')}, and no earlier plan to compare with"
    else:
        yield f"### {changes_headline(changes)}"
        yield from _block(change_lines(changes), "diff")
    if plan.shortfalls:
        yield f"\n### {counted(len(plan.shortfalls), 'deployment')} without all of its environments"
        yield from _block(shortfall_lines(fleet, plan, Rejections(fleet, plan)))
    if plan.warnings:
        yield f"\n### {counted(len(plan.warnings), 'warning')}"
        yield from _block(warning_lines(plan))
    if fleet.quotas:
        yield f"\n### {counted(len(fleet.quotas), 'quota')}"
        yield from _block(_printed(lambda console: print_quotas(console, fleet, plan, "")))
    yield "\n<details><summary>All placements and node pools</summary>"
    tables = _printed(lambda console: print_tables(console, fleet, plan, changes, every=True))
    yield from _block(tables, most=_MOST_IN_ALL)
    yield "\n</details>"


def accounts_as_markdown(fleet: Fleet, plan: Plan, by: AccountsBy) -> str:
    """Return what each takes of a plan, and, where pools have a price, what that costs."""
    return "\n".join([f"### Plan by {by}", *_block(_printed(lambda console: print_accounts(console, fleet, plan, by)))])


def _printed(printing: Callable[[Console], object]) -> list[str]:
    """Return the lines that are printed."""
    text = io.StringIO()
    printing(plain_console(text))
    return text.getvalue().rstrip().split("\n")


def _block(lines: Sequence[str], language: str = "text", most: int = _MOST_A_SECTION) -> Iterator[str]:
    """Yield the lines in a fence that none of them ends; as many as there is room for, and how many more there are."""
    if not lines:
        return
    lines = [printable(line) for line in lines]
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"\n{fence}{language}"
    left = most
    for number, line in enumerate(lines):
        left -= len(line) + 1
        if left < 0:
            yield f"... and {counted(len(lines) - number, 'more line')}"
            break
        yield line
    yield fence


def _cut(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines, without the tables where all together are more than a comment takes."""
    if sum(len(line) + 1 for line in lines) <= _MOST_IN_ALL:
        return lines
    start = next(number for number, line in enumerate(lines) if "<details>" in line)
    return [
        *lines[:start],
        "\nAll placements and node pools: too many for a comment; `slicewise plan` prints them.",
        "",
    ]
