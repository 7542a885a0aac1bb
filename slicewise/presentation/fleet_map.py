"""A map of the fleet: every pool a bar, per environment, coloured by deployment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from rich.console import Console
from rich.text import Text

from slicewise.diagnostics import plural, printable
from slicewise.documents import Scheduling
from slicewise.planning import (
    Placement,
    Plan,
    PoolUsage,
    gpu_equivalents,
    gpu_sums,
    gpus_in_words,
    pool_in_words,
    resource_in_words,
)
from slicewise.presentation.bars import ASCII, Glyphs, Part, bar, colours
from slicewise.presentation.palette import FREE, RESERVED, WARNING

IN_TERMINAL = 40
_WIDEST_BAR = 40
_NARROWEST_LEGEND = 20
# Below this a pool has three lines: its name, its bar, what is on it.
_ONE_LINE = 100
_INDENT = 4


def print_map(console: Console, plan: Plan, limit: int = IN_TERMINAL) -> None:
    """Print the map of at most `limit` pools: the fullest, and a line about the others."""
    chosen = sorted(plan.node_pools, key=lambda pool: (-_fullness(pool), pool.environment, pool.node_pool))[:limit]
    glyphs = ASCII if console.options.ascii_only else Glyphs()
    for line in _Map(plan, chosen, glyphs, console.width).lines():
        console.print(line, overflow="fold", highlight=False)


def _name(pool: PoolUsage) -> str:
    return printable(pool_in_words(pool.node_pool, pool.offered_as)) if pool.offered_as else printable(pool.node_pool)


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
        placed: dict[tuple[str, str, str], list[Placement]] = defaultdict(list)
        for item in self.plan.placements:
            for workload in item.workloads:
                placed[item.environment, workload.node_pool, workload.resource].append(workload)
        styles = colours(sorted({str(item.deployment) for item in self.plan.placements}))
        in_order = sorted(self.chosen, key=lambda pool: (pool.environment, pool.node_pool))
        for environment, pools in groupby(in_order, key=lambda pool: pool.environment):
            yield Text(printable(environment), "bold")
            for pool in pools:
                yield from self._pool(pool, placed[environment, pool.node_pool, pool.resource], styles)
        rest = len(self.plan.node_pools) - len(self.chosen)
        if rest:
            yield Text(self._rest(rest), "dim")

    def _title(self) -> Text:
        """Return the sums in GPUs, which are also the key to the cells: slices of several sizes have no other sum."""
        sums = gpu_sums(self.plan.node_pools)
        title = Text("Fleet", "italic").append(f"  {gpus_in_words(sums.total)} GPUs", "not italic")
        for glyph, style, gpus, meaning in (
            (self.glyphs.used, "", sums.allocated, "used"),
            (self.glyphs.reserved, RESERVED, sums.reserved, "reserved"),
            (self.glyphs.free, FREE, sums.free, "free"),
        ):
            title.append("  ").append(glyph, f"not italic {style}")
            title.append(f" {gpus_in_words(gpus)} {meaning}", "not italic")
        return title

    def _rest(self, count: int) -> str:
        every, shown = gpu_sums(self.plan.node_pools), gpu_sums(self.chosen)
        free, total = gpus_in_words(every.free - shown.free), gpus_in_words(every.total - shown.total)
        return f"and {count:,} more {plural(count, 'pool')}, {free} of {total} GPUs free"

    def _pool(self, pool: PoolUsage, placements: Sequence[Placement], styles: Mapping[str, str]) -> Iterator[Text]:
        largest_first = sorted(placements, key=lambda item: (-item.units, item.deployment, item.is_prefill))
        name = _name(pool)
        figures = self._figures(pool, largest_first, styles)
        if self.width >= _ONE_LINE:
            line = Text(f"  {name:<{self._name_width}} ").append_text(figures)
            yield line.append_text(self._legend(pool, largest_first, styles, self.width - line.cell_len))
            return
        yield Text(f"  {name}")
        figures.rstrip()
        yield Text(" " * _INDENT).append_text(figures)
        legend = self._legend(pool, largest_first, styles, self.width - _INDENT)
        if legend:
            yield Text(" " * _INDENT).append_text(legend)

    def _figures(self, pool: PoolUsage, placements: Sequence[Placement], styles: Mapping[str, str]) -> Text:
        """Return the bar, and what of the pool is allocated: in units, and in GPUs where a unit is not one."""
        parts = [Part(item.units, self.glyphs.used, styles[str(item.deployment)]) for item in placements]
        parts += [Part(pool.kept_free, self.glyphs.reserved, RESERVED), Part(pool.free, self.glyphs.free, FREE)]
        parts += [Part(pool.blocked, self.glyphs.blocked, FREE)]
        cells = bar(parts, self._bar_width)
        figures = Text().append_text(cells).append(" " * (self._bar_width - len(cells)))
        return figures.append(f" {_share(pool):>{self._units_width}} {_gpus(pool):<{self._gpus_width}}  ")

    def _legend(self, pool: PoolUsage, placements: Sequence[Placement], styles: Mapping[str, str], room: int) -> Text:
        """Return its scheduling, what is short, and as many deployments as fit, the largest first, and how many not."""
        entries = [] if pool.scheduling is Scheduling.ACTIVE else [Text(pool.scheduling.value, WARNING)]
        entries += [Text(f"short of {', '.join(map(resource_in_words, pool.short))}", WARNING)] if pool.short else []
        for item in placements:
            if item.units:
                entry = Text(self.glyphs.key, styles[str(item.deployment)])
                entries.append(entry.append(f" {printable(str(item.deployment))} {item.units}", "default"))
        if pool.kept_free:
            entries.append(Text(self.glyphs.reserved, RESERVED).append(f" reserved {pool.kept_free}", "default"))
        if pool.blocked:
            entries.append(Text(self.glyphs.blocked, FREE).append(f" blocked {pool.blocked}", "default"))
        legend = Text()
        for number, entry in enumerate(entries):
            rest = f"+{len(entries) - number}"
            after = 0 if number == len(entries) - 1 else len(rest) + 2
            if legend.cell_len + entry.cell_len + after > room:
                return legend.append(rest, "dim")
            legend.append_text(entry).append("  ")
        legend.rstrip()
        return legend

    @property
    def _name_width(self) -> int:
        return max((len(_name(pool)) for pool in self.chosen), default=0)

    @property
    def _units_width(self) -> int:
        return max((len(_share(pool)) for pool in self.chosen), default=0)

    @property
    def _gpus_width(self) -> int:
        return max((len(_gpus(pool)) for pool in self.chosen), default=0)

    @property
    def _bar_width(self) -> int:
        before = self._name_width + 2 + _NARROWEST_LEGEND if self.width >= _ONE_LINE else _INDENT
        left = self.width - before - self._units_width - self._gpus_width - 4
        widest = max((pool.units for pool in self.chosen), default=0)
        return max(min(left, _WIDEST_BAR, widest), 1)


def _share(pool: PoolUsage) -> str:
    return f"{pool.allocated}/{pool.units}"


def _gpus(pool: PoolUsage) -> str:
    """Return the same in GPUs; empty where each unit is one."""
    if pool.units_per_gpu == 1:
        return ""
    allocated, units = gpu_equivalents(pool, pool.allocated), gpu_equivalents(pool, pool.units)
    if pool.gpus_on_demand:
        units = Fraction(pool.gpus_on_demand * pool.nodes)
    return f"= {gpus_in_words(allocated)}/{gpus_in_words(units)} GPUs"
