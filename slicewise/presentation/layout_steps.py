"""What is done one after the other until a layout is there: nodes that are cut anew, and what moves."""

from __future__ import annotations

from rich.console import Console

from slicewise.diagnostics import counted
from slicewise.layouts import CutStep, FleetLayout, MoveStep, RolloutStep, solver_is_installed
from slicewise.presentation.columns import show_line
from slicewise.presentation.palette import WARNING

START_AGAIN = "pods on them start again on its other nodes"
"""What becomes of pods on nodes that are drained though something may run there."""


def print_layout_steps(console: Console, found: FleetLayout) -> None:
    """Print the steps in their order, a line each; nothing where nothing is cut anew."""
    if found.steps:
        show_line(console, "One after the other:")
    for number, step in enumerate(found.steps, 1):
        show_line(console, f"  {number}. {step_in_words(step)}")


def print_missing_solver(console: Console) -> None:
    """Print, under an answer that is not proved, that OR-Tools would look further, if it is not there."""
    if not solver_is_installed():
        line = "OR-Tools is not installed: it may find a better layout, or prove that there is none"
        show_line(console, f"{line} (pip install 'slicewise[layout]'; in a checkout: make layout)", WARNING)


def step_in_words(step: RolloutStep) -> str:
    """Write a step: `drain 3 nodes of east/a, and cut them into 14 x 1g.10gb`."""
    return _move(step) if isinstance(step, MoveStep) else _cut(step)


def _move(step: MoveStep) -> str:
    if step.source == step.target:
        return f"restart {step.deployment} on the nodes of {'/'.join(step.target)} that are cut anew"
    return f"move {step.deployment} from {'/'.join(step.source)} to {'/'.join(step.target)}"


def _cut(step: CutStep) -> str:
    new = step.pool.new[step.group]
    slices = " ".join(f"{count} x {name}" for name, count in new.slices.items())
    again = f"; {START_AGAIN}" if step.occupied else ""
    them = "it" if step.nodes == 1 else "each"
    return (
        f"drain {counted(step.nodes, 'node')} of {'/'.join(step.pool.state.key)}, and cut {them} into {slices}{again}"
    )
