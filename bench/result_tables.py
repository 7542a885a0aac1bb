"""What was measured as tables, for the terminal and for docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.table import Table as RichTable

from bench.fleets import FleetKind
from bench.growth import Growth
from bench.optimum import Optimum
from bench.quality import Comparison, stranded, units
from bench.static_matching import Option

_KINDS: Final[Mapping[FleetKind, str]] = {"mig": "slices", "mixed": "mixed"}


@dataclass(frozen=True)
class Table:
    """Rows of text under a heading, the first two columns being names."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def show(self, console: Console) -> None:
        """Print it."""
        table = RichTable(title=self.title, title_justify="left")
        for index, column in enumerate(self.columns):
            table.add_column(column, justify="left" if index < _NAMES else "right")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)

    @property
    def markdown(self) -> str:
        """The table in Markdown, without its title."""
        rule = ["---" if index < _NAMES else "---:" for index in range(len(self.columns))]
        return "\n".join(f"| {' | '.join(row)} |" for row in (self.columns, rule, *self.rows))


_NAMES: Final = 2


def quality_table(groups: Iterable[Sequence[Comparison]]) -> Table:
    """Return accepted pairs, one row for the fleets of each kind and load."""
    rows = []
    for group in groups:
        ours = sum(len(comparison.slicewise) for comparison in group)
        best = [comparison.best for comparison in group]
        best_in_any_order = [comparison.best_in_any_order for comparison in group]
        rows.append(
            (
                *_names(group),
                _seeds(group),
                f"{sum(comparison.wanted for comparison in group):,}",
                f"{sum(len(comparison.first_fit) for comparison in group):,}",
                f"{ours:,}",
                _range(best_in_any_order),
                _range(best),
                f"{sum(one.proven for one in best)} of {len(best)}",
                f"{ours / bound(best):.2%}",
                f"{ours / bound(best_in_any_order):.2%}",
            )
        )
    columns = (
        *("pools", "load", "seeds", "asked", "first fit", "Slicewise", "optimum in any order", "optimum", "proven"),
        *("share of optimum", "share in any order"),
    )
    return Table("Accepted pairs of deployment and environment", columns, rows)


def bound(optima: Iterable[Optimum]) -> int:
    """Return how many pairs no placement can exceed on all fleets together."""
    return sum(optimum.bound for optimum in optima)


def stranded_table(groups: Iterable[Sequence[Comparison]]) -> Table:
    """Return the memory that cannot be used, and the units in use, one row for the fleets of each kind and load."""
    choices: Sequence[Callable[[Comparison], Sequence[Option]]] = (
        lambda comparison: comparison.first_fit,
        lambda comparison: comparison.slicewise,
        lambda comparison: comparison.best_in_any_order.options,
    )
    rows = []
    for group in groups:
        accepted = [[option for comparison in group for option in choose(comparison)] for choose in choices]
        rows.append((*_names(group), *map(_units, accepted), *map(_stranded, accepted)))
    planners = ("first fit", "Slicewise", "optimum")
    columns = ("pools", "load", *(f"{measure}, {who}" for measure in ("units", "stranded GiB") for who in planners))
    return Table("Units in use, and memory stranded on them (GiB, and GiB a unit)", columns, rows)


def growth_table(sizes: Iterable[Growth]) -> Table:
    """Return time and memory by the size of the fleet."""
    rows = [
        (
            _KINDS[size.kind],
            f"{size.environments:,} x {size.deployments:,}",
            f"{size.load:.0%}",
            f"{size.plan_seconds / size.load_seconds:.2f}",
            f"{size.first_fit_seconds / size.plan_seconds:.2f}",
            f"{size.first_fit_seconds / (size.plan_seconds / size.deployments):,.0f}",
            f"{size.plan_mib:,.0f}",
            f"{size.load_seconds:.2f}",
            f"{size.plan_seconds:.2f}",
            f"{size.first_fit_seconds:.2f}",
        )
        for size in sizes
    ]
    columns = (
        *("pools", "environments x deployments", "load", "plan / loading", "first-fit decision / plan"),
        *("first-fit decision / plan per deployment", "MiB to plan"),
        *("loading (s)", "plan (s)", "first-fit decision (s)"),
    )
    return Table("Time and memory", columns, rows)


def growth_sentences(sizes: Sequence[Growth]) -> str:
    """Say how much more the larger fleet of each kind and load costs; `sizes` has it after the smaller."""
    return "\n".join(
        f"{_KINDS[small.kind]}, {small.load:.0%} load: {large.deployments / small.deployments:g} times the fleet costs "
        f"{large.plan_seconds / small.plan_seconds:.1f} times the time to plan, "
        f"{large.load_seconds / small.load_seconds:.1f} times the time to load and validate, and "
        f"{large.plan_mib / small.plan_mib:.1f} times the memory to plan."
        for small, large in zip(sizes[::2], sizes[1::2], strict=True)
    )


def _names(group: Sequence[Comparison]) -> tuple[str, str]:
    case = group[0].case
    return _KINDS[case.kind], f"{case.load:.0%}"


def _units(accepted: Sequence[Option]) -> str:
    return f"{units(accepted):,}"


def _stranded(accepted: Sequence[Option]) -> str:
    return f"{stranded(accepted):,.0f} ({stranded(accepted) / max(units(accepted), 1):.1f})"


def _seeds(group: Sequence[Comparison]) -> str:
    seeds = [comparison.case.seed for comparison in group]
    return f"{min(seeds)}-{max(seeds)}" if len(seeds) > 1 else str(seeds[0])


def _range(optima: Sequence[Optimum]) -> str:
    """Return the sum of the optima, or what was found and the bound where the two differ."""
    found, most = sum(len(optimum.options) for optimum in optima), bound(optima)
    return f"{most:,}" if found == most else f"{found:,} to {most:,}"
