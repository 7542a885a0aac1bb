"""What `pulumi preview` and `pulumi up` tell people about the plan."""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import replace

import pulumi

from slicewise.diagnostics import printable
from slicewise.planning import Move, MoveCode, OnShortfall, Rejections

from .fleet_plan import FleetPlan
from .stack_config import StackConfig


def report(config: StackConfig, planned: FleetPlan, rejections: Rejections, skipped: Collection[str] = ()) -> None:
    """Log the plan: what it changes, then what runs where and how full the pools are, as far as that is new.

    Moves, warnings and shortfalls are warnings.

    Args:
        config: What the stack decides: whether a shortfall stops the run.
        planned: What is declared, the plan for it, and what that changes.
        rejections: Why candidates were rejected in it.
        skipped: The environments that the last `pulumi up` left as they were.

    Raises:
        pulumi.RunError: there is a shortfall, and `onShortfall` is fail.
    """
    # Tables take rich, which an import of Fleet need not wait for.
    from slicewise.presentation import (  # noqa: PLC0415
        message_console,
        moved_lines,
        print_changes,
        print_placements,
        print_quotas,
        shortfall_lines,
        unchecked_line,
        warning_lines,
    )

    fleet, plan, changes = planned.fleet, planned.plan, planned.changes
    text = io.StringIO()
    console = message_console(text)
    if changes:
        print_changes(console, changes)
    print_placements(console, fleet, plan, changes)
    if unchecked := unchecked_line(fleet):
        text.write(f"{unchecked}\n\n")
    print_quotas(console, fleet, plan)
    pulumi.log.info(text.getvalue())
    short = {shortfall.deployment for shortfall in plan.shortfalls}
    moved = tuple(move for move in plan.moved if move.deployment in short or not _is_old(move, skipped))
    for line in [*moved_lines(replace(plan, moved=moved)), *warning_lines(plan)]:
        pulumi.log.warn(printable(line))
    if not plan.shortfalls:
        return
    lines = "\n".join(map(printable, shortfall_lines(fleet, plan, rejections)))
    if config.on_shortfall is OnShortfall.FAIL:
        advice = f"Make room, change what is asked for, or go on without: {config.how_to_set('onShortfall', 'warn')}"
        message = (
            f"some deployments get fewer environments than they ask for, so nothing is changed:\n{lines}\n{advice}"
        )
        raise pulumi.RunError(message)
    pulumi.log.warn(f"some deployments get fewer environments than they ask for:\n{lines}")


def _is_old(move: Move, skipped: Collection[str]) -> bool:
    """Return whether an earlier `pulumi up` has moved it already, and left the old service in a skipped environment."""
    return move.target is None and move.source.environment in skipped and move.code is not MoveCode.FEWER_ENVIRONMENTS
