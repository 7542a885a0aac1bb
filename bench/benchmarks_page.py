"""docs/benchmarks.md: what is compared, how to repeat it, and the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench.growth import Growth
from bench.quality import Comparison
from bench.result_tables import Table, bound, growth_sentences, growth_table, quality_table, stranded_table

_TEXT: Final = """\
# Benchmarks

`make bench` writes this page: it generates fleets from seeds, plans each with Slicewise, with a first-fit scheduler and
with a solver, and counts. These numbers came from `.venv/bin/python -m bench --seeds {count} --seconds {seconds:g}`;
`.venv/bin/python -m bench quality --kind mixed --load 1.1 --seeds 3` compares one kind of fleet only.

## What is compared

- **Slicewise**: `make_plan`, as `slicewise plan` and `pulumi up` call it.
- **First fit**: a scheduler that charges whole nodes, written from the description of Modelplane's ("How it schedules",
  and its issue 172). It decides one deployment after another, in the order of their names. For each decision it counts
  the free nodes of every environment from every placement, and takes the first environments, profile and pool with one
  free node for each pod, also where the pod asks for one slice. An environment that cannot take all replicas is not
  accepted. `bench/first_fit.py` says what is adapted.
- **Optimum**: the most pairs that any planner could accept, by OR-Tools' CP-SAT. It ignores the models' preferences and
  everything else that a plan must also do: it knows all deployments beforehand. Where it is not proven within
  {seconds:g} seconds, the solver's bound is used instead, which no placement can exceed: then Slicewise's share is at
  least the one shown.

A pair is one deployment in one of the environments that it asks for, with all its replicas. On slices there is one
optimum. On whole GPUs there are two: the **optimum** packs pods of 1, 2, 4 and 8 GPUs without a gap, as a scheduler
could that knew all pods beforehand. The **optimum in any order** promises, as Slicewise does, that every pod finds a
node in whatever order kube-scheduler takes them ([the rule](placement.md)). What lies between the two is the price of
that promise.

## Fleets

Environments have two to four pools: A100, H100 and H200 cut into slices, and on mixed fleets 45 % of the pools whole
GPUs, eight a node. There is one model for 30 deployments, and at least 20, with one to three profiles; deployments ask
for one to three environments and mostly for one to twelve replicas, a quarter with a selector, a fifth autoscaled. The
load is what the deployments ask for as a share of the pools' units, fitted for each pool (`bench/fleets.py`).

## Quality

{environments} environments and {deployments} deployments, seeds {seeds}; the numbers are sums over the seeds.
Where an optimum is not proven on every fleet, what was found and the bound are given; the shares are of the bound.

{quality}

{price}

Stranded memory is the memory of a pool's unit less what the profile asks for, times the units of the pods. What a
whole-node scheduler leaves idle on nodes that it has charged is not in it. The optimum's is that of the placement in
any order that the solver happened to find: it does not try to strand little.

{stranded}

## Time and memory

Seed {growth_seed}. Only the ratios mean anything on another machine; the seconds (of the processor) are what one run
saw, for orientation. Loading is reading, parsing and validating the YAML of the same fleet, in the same process. The
memory is the most that planning had at a time beside the fleet itself. A first-fit decision places one deployment where
all others are placed already; the plan places all of them.

{growth}

{sentence}

## What architectures cost

The same fleet of 10,000 deployments (seed {growth_seed}) is planned with the architectures of its models and without
them, in turns, each time from documents that are parsed anew and with configs that no fleet before had. The seconds are
those of the processor, the ratio is that of their medians. Where all engines surely start, both plans must be the same,
warnings included: this is what judging costs. Where all start, but not all surely, the placements must be the same, and
each profile and unit of which it is not certain has a warning with computed remedies, whose cost is in the ratio.
Otherwise the plan is another. Loading reads each config and judges the required memory by it, and planning takes over
what was computed.
`.venv/bin/python -m bench.architecture_cost` measures this alone.

{architectures}
"""


_OTHERS: Final = "\n## Beside an earlier commit\n"


def sections_of_others(page: str) -> str:
    """Return what is on the page that other commands measured, and that stays when the rest is written anew."""
    _, heading, text = page.partition(_OTHERS)
    return f"{heading}{text}"


def page_text(
    groups: Sequence[Sequence[Comparison]],
    growth: Sequence[Growth],
    architectures: Table,
    growth_seed: int,
    seconds: float,
) -> str:
    """Return the page for what was measured."""
    case = groups[0][0].case
    return _TEXT.format(
        count=len(groups[0]),
        seconds=seconds,
        environments=case.environments,
        deployments=case.deployments,
        seeds=", ".join(str(comparison.case.seed) for comparison in groups[0]),
        quality=quality_table(groups).markdown,
        price=_price([group for group in groups if group[0].case.kind == "mixed"]),
        stranded=stranded_table(groups).markdown,
        growth_seed=growth_seed,
        growth=growth_table(growth).markdown,
        sentence=growth_sentences(growth).replace("\n", "\n\n"),
        architectures=architectures.markdown,
    )


def _price(groups: Sequence[Sequence[Comparison]]) -> str:
    """Say what the promise costs: what is lost of the optimum where pods must fit in any order.

    The least is by the bound on what could be accepted in any order, the most by what was found.
    """
    prices = []
    for group in groups:
        best = sum(len(comparison.best.options) for comparison in group)
        found = sum(len(comparison.best_in_any_order.options) for comparison in group)
        least = max(0, best - bound(comparison.best_in_any_order for comparison in group))
        most = bound(comparison.best for comparison in group) - found
        share = f"{most / best:.1%}" if least == most else f"between {least / best:.1%} and {most / best:.1%}"
        prices.append(f"{share} at {group[0].case.load:.0%} load")
    return f"On mixed fleets the promise costs {', '.join(prices)}."
