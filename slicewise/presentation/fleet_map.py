"""A map of the fleet: every pool a bar, per environment, coloured by deployment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from slicewise.diagnostics import plural, printable
from slicewise.planning import Placement, Plan, PoolUsage, resource_in_words
from slicewise.presentation.bars import ASCII, FREE, RESERVED, Glyphs, Part, bar, colours

IN_TERMINAL = 40
_WIDEST_BAR = 40
_WIDEST_NAME = 30
_NARROWEST_LEGEND = 12


def print_map(console: Console, plan: Plan, limit: int = IN_TERMINAL) -> None:
    """Print the map of at most `limit` pools: the fullest, and a line about the others."""
    chosen = sorted(plan.node_pools, key=lambda pool: (-_fullness(pool), pool.environment, pool.node_pool))[:limit]
    glyphs = ASCII if console.options.ascii_only else Glyphs()
    lines = _Map(plan, chosen, glyphs, console.width).lines()
    for line in lines:
        console.print(line, no_wrap=True, overflow="ellipsis", highlight=False)


def _fullness(pool: PoolUsage) -> float:
    return (pool.allocated + pool.reserved) / pool.units if pool.units else 0


@dataclass(frozen=True)
class _Map:
    plan: Plan
    chosen: Sequence[PoolUsage]
    glyphs: Glyphs
    width: int

    def lines(self) -> Iterator[Text]:
        yield self._title()
        placed: dict[tuple[str, str], list[Placement]] = defaultdict(list)
        for item in self.plan.placements:
            for workload in item.workloads:
                placed[item.environment, workload.node_pool].append(workload)
        styles = colours(sorted({str(item.deployment) for item in self.plan.placements}))
        in_order = sorted(self.chosen, key=lambda pool: (pool.environment, pool.node_pool))
        for environment, pools in groupby(in_order, key=lambda pool: pool.environment):
            yield Text(printable(environment), "bold")
            for pool in pools:
                yield self._pool(pool, placed[environment, pool.node_pool], styles)
        rest = len(self.plan.node_pools) - len(self.chosen)
        if rest:
            yield Text(self._rest(rest), "dim")

    def _title(self) -> Text:
        units, taken = _sums(self.plan.node_pools)
        title = Text("Fleet", "italic")
        title.append(f"  {_percent(taken, units)} of {units:,} units taken  ", "not italic")
        for glyph, style, meaning in (
            (self.glyphs.used, "", "used"),
            (self.glyphs.reserved, RESERVED, "reserved"),
            (self.glyphs.free, FREE, "free"),
        ):
            title.append(glyph, f"not italic {style}").append(f" {meaning}  ", "not italic dim")
        return title

    def _rest(self, count: int) -> str:
        units, taken = _sums(self.plan.node_pools)
        shown_units, shown_taken = _sums(self.chosen)
        return f"and {count:,} more {plural(count, 'pool')}, {_percent(taken - shown_taken, units - shown_units)} full"

    def _pool(self, pool: PoolUsage, placements: Sequence[Placement], styles: Mapping[str, str]) -> Text:
        largest_first = sorted(placements, key=lambda item: (-item.units, item.deployment, item.is_prefill))
        parts = [Part(item.units, self.glyphs.used, styles[str(item.deployment)]) for item in largest_first]
        # Where a pool shrank, more may be reserved than is left.
        reserved = max(min(pool.reserved, pool.units - pool.allocated), 0)
        parts += [Part(reserved, self.glyphs.reserved, RESERVED), Part(pool.free, self.glyphs.free, FREE)]
        line = Text(f"  {_cut(printable(pool.node_pool), self._name_width):<{self._name_width}} ")
        cells = bar(parts, self._bar_width)
        line.append_text(cells).append(" " * (self._bar_width - len(cells)))
        line.append(f" {f'{pool.allocated}/{pool.units}':>{self._numbers_width}}", "bold").append("  ")
        if pool.short:
            line.append(f"short of {', '.join(map(resource_in_words, pool.short))}  ", "yellow")
        return line.append_text(self._legend(largest_first, styles, self.width - line.cell_len))

    def _legend(self, placements: Sequence[Placement], styles: Mapping[str, str], room: int) -> Text:
        """Return as many deployments as fit, the largest first, and how many do not."""
        legend = Text()
        placements = [item for item in placements if item.units]
        for number, item in enumerate(placements):
            entry = f"{self.glyphs.key} {printable(str(item.deployment))} {item.units}  "
            rest = f"+{len(placements) - number}"
            last = number == len(placements) - 1
            if legend.cell_len + cell_len(entry.rstrip()) + (0 if last else len(rest) + 2) > room:
                return legend.append(rest, "dim")
            legend.append(self.glyphs.key, styles[str(item.deployment)]).append(entry[len(self.glyphs.key) :])
        return legend

    @property
    def _name_width(self) -> int:
        longest = max((len(printable(pool.node_pool)) for pool in self.chosen), default=0)
        return min(longest, _WIDEST_NAME, self.width // 4)

    @property
    def _numbers_width(self) -> int:
        return max((len(f"{pool.allocated}/{pool.units}") for pool in self.chosen), default=0)

    @property
    def _bar_width(self) -> int:
        left = self.width - self._name_width - self._numbers_width - _NARROWEST_LEGEND
        widest = max((pool.units for pool in self.chosen), default=0)
        return max(min(left // 2, _WIDEST_BAR, widest), 1)


def _sums(pools: Sequence[PoolUsage]) -> tuple[int, int]:
    """Return units, and how many of them are used or reserved."""
    return sum(pool.units for pool in pools), sum(pool.units - pool.free for pool in pools)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part // whole if whole else 0} %"


def _cut(name: str, width: int) -> str:
    return name if len(name) <= width else f"{name[: max(width - 1, 0)]}~"
