"""`python -m bench`: the whole benchmark. `python -m bench quality …`: a few fleets, to tune the planner by."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.architecture_cost import cost_table, measure_fleets
from bench.benchmarks_page import page_text, sections_of_others
from bench.cut_on_demand import measure_promises, promises_table
from bench.fleets import FleetKind
from bench.growth import Growth, measure
from bench.many_quotas import measure_quotas
from bench.other_estimators import other_errors, other_table
from bench.parvagpu import layouts_table, read_scenarios
from bench.quality import Case, Comparison, compare_planners
from bench.recut_fleets import recut_table
from bench.result_tables import growth_sentences, growth_table, quality_table, stranded_table
from bench.several_profiles import measure_several
from bench.sizing import HELD_OUT_LOGS, STARTUP_LOGS, compare_logs, sizing_sentences, sizing_table
from bench.startup_logs import all_logs, hold_out_logs

_PROGRESS = Console(stderr=True)
# Piped, a table is as wide as it needs to be.
_RESULTS = Console(width=None if sys.stdout.isatty() else 200)
_KINDS: Final[tuple[FleetKind, ...]] = ("mig", "mixed")
_LOADS: Final = (0.5, 0.85, 1.1)
_LARGE: Final = ((100, 1_000), (1_000, 10_000))
_SMALL: Final = ((20, 200), (200, 2_000))
_GROWTH_SEED: Final = 1
_QUOTA_SHARES: Final = (0.05, 0.3, 0.6, 0.9)
_ARCHITECTURE_RUNS: Final = 3
_PAGE: Final = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="fleets of each kind and load (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=15, help="of the solver for an optimum (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="one seed, smaller fleets, and no docs/benchmarks.md")
    parser.set_defaults(run=_everything)
    commands = parser.add_subparsers()
    quality = commands.add_parser("quality", help="accepted pairs on a few fleets, beside the optimum")
    quality.add_argument("--kind", choices=("mig", "mixed"), default="mig")
    quality.add_argument("--load", type=float, default=1.1)
    quality.add_argument("--seeds", type=int, default=3, help="how many fleets (default: %(default)s)")
    quality.add_argument("--first", type=int, default=1, help="the first seed (default: %(default)s)")
    quality.add_argument("--environments", type=int, default=30)
    quality.add_argument("--deployments", type=int, default=300)
    quality.add_argument("--priorities", type=int, nargs="+", default=[0], help="what priorities are drawn from")
    quality.add_argument(
        "--seconds", type=float, default=12, help="of the solver for an optimum (default: %(default)s)"
    )
    quality.set_defaults(run=_quality)
    several = commands.add_parser("several", help="the cost of nodes that are cut in several profiles")
    several.add_argument("--environments", type=int, default=1_000)
    several.add_argument("--deployments", type=int, default=10_000)
    several.set_defaults(run=_several)
    quotas = commands.add_parser("quotas", help="the cost of a tight quota for each namespace and each of 30 teams")
    quotas.add_argument("--environments", type=int, default=120)
    quotas.add_argument("--deployments", type=int, default=1_200)
    quotas.set_defaults(run=_quotas)
    commands.add_parser("sizing", help="weights, cache and verdicts beside public startup logs").set_defaults(
        run=_sizing
    )
    commands.add_parser("dynamic", help="slices promised of GPUs that are cut on demand").set_defaults(run=_dynamic)
    commands.add_parser(
        "layouts", help="GPUs for ParvaGPU's scenarios, beside what was published, and fleets that are cut anew"
    ).set_defaults(run=_layouts)
    arguments = parser.parse_args()
    arguments.run(arguments)


def _several(arguments: argparse.Namespace) -> None:
    for load in _LOADS:
        found = measure_several(_GROWTH_SEED, arguments.environments, arguments.deployments, load)
        _RESULTS.print(
            f"load {load}: {found.seconds_of_one:.2f} s with one profile in each of {found.pools} pools, "
            f"{found.seconds_of_several:.2f} s with several in {found.cut_in_several}"
        )


def _quotas(arguments: argparse.Namespace) -> None:
    for share in _QUOTA_SHARES:
        found = measure_quotas(_GROWTH_SEED, arguments.environments, arguments.deployments, 1.0, share)
        _RESULTS.print(
            f"{share:.0%} allowed: {found.seconds_without:.2f} s without quotas ({found.short_without} short), "
            f"{found.seconds_with:.2f} s with {found.quotas} ({found.short_with} short)"
        )


def _sizing(_: argparse.Namespace) -> None:
    rows, held_out = compare_logs(all_logs()), compare_logs(hold_out_logs())
    for title, logs in ((STARTUP_LOGS, rows), (HELD_OUT_LOGS, held_out)):
        sizing_table(title, logs).show(_RESULTS)
        for sentence in sizing_sentences(logs):
            _RESULTS.print(sentence)
    other_table(other_errors(rows)).show(_RESULTS)


def _dynamic(_: argparse.Namespace) -> None:
    promises_table(measure_promises()).show(_RESULTS)


def _layouts(_: argparse.Namespace) -> None:
    layouts_table(read_scenarios()).show(_RESULTS)
    recut_table().show(_RESULTS)


def _everything(arguments: argparse.Namespace) -> None:
    seeds = range(1, 2 if arguments.quick else arguments.seeds + 1)
    groups = [
        [_compare(Case(kind, load, seed), arguments.seconds) for seed in seeds] for kind in _KINDS for load in _LOADS
    ]
    sizes = _SMALL if arguments.quick else _LARGE
    growth = [_measure(kind, *size, load) for kind in _KINDS for load in _LOADS[1:] for size in sizes]
    _PROGRESS.print("what architectures cost ...")
    environments, deployments = sizes[-1]
    architectures = cost_table(measure_fleets(_GROWTH_SEED, environments, deployments, _ARCHITECTURE_RUNS))
    for table in (
        quality_table(groups),
        stranded_table(groups),
        growth_table(growth),
        architectures,
        promises_table(measure_promises()),
        layouts_table(read_scenarios()),
    ):
        table.show(_RESULTS)
    _RESULTS.print(growth_sentences(growth))
    if not arguments.quick:
        others = sections_of_others(_PAGE.read_text(encoding="utf-8"))
        text = page_text(groups, growth, architectures, _GROWTH_SEED, arguments.seconds)
        _PAGE.write_text(f"{text}{others}", encoding="utf-8")
        _PROGRESS.print(f"written: {_PAGE.parent.name}/{_PAGE.name}")


def _quality(arguments: argparse.Namespace) -> None:
    cases = [
        Case(
            arguments.kind,
            arguments.load,
            seed,
            arguments.environments,
            arguments.deployments,
            tuple(arguments.priorities),
        )
        for seed in range(arguments.first, arguments.first + arguments.seeds)
    ]
    groups = [[_compare(case, arguments.seconds)] for case in cases]
    quality_table([*groups, [comparison for group in groups for comparison in group]]).show(_RESULTS)


def _compare(case: Case, seconds: float) -> Comparison:
    _PROGRESS.print(f"{case.kind}, {case.load:.0%} load, seed {case.seed} ...")
    return compare_planners(case, seconds)


def _measure(kind: FleetKind, environments: int, deployments: int, load: float) -> Growth:
    _PROGRESS.print(f"{kind}, {environments:,} environments x {deployments:,} deployments, {load:.0%} load ...")
    return measure(_GROWTH_SEED, kind, environments, deployments, load)


if __name__ == "__main__":
    main()
