"""`python -m bench.overload_cost CHECKOUT`: what overloaded fleets cost, beside another checkout of this repository.

Both plan the same fleet at 110 % load, in turns, each run in a process of its own with this interpreter: as JSON and as
a table. A larger fleet is planned by this checkout alone. Both load the documents of the first fleet, and of a half and
a quarter of it; with `--loading` that is all. Starting Python does not count there, nor what is made once, such as
types, for which a small fleet is loaded before. Shown are the seconds of the processor (least, median and most), the
most memory, and how much was printed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console

from bench.fleet_documents import write_yaml
from bench.fleets import random_fleet
from bench.least_median_most import least_median_most
from embedded import CHECKOUT

_SEED: Final = 1
_LOAD: Final = 1.1
# Environments of the small fleet that is loaded before.
_FIRST: Final = 10
_COMMAND: Final = "import sys; from slicewise.cli.app import main; sys.exit(main())"
# Documents were in `slicewise.spec` before.
_LOADING: Final = """
import importlib.util, sys, time
known = importlib.util.find_spec("slicewise.documents")
module = importlib.import_module("slicewise.documents" if known else "slicewise.spec")
module.load_fleet(sys.argv[1:2])
start = time.process_time()
module.load_fleet(sys.argv[2:])
print(time.process_time() - start)
"""
# A plan of an overloaded fleet says so.
_ENDED: Final = (0, 3)
_KIB: Final = 1024


class Run(NamedTuple):
    """What one process took: seconds of the processor, MiB at most, and bytes printed."""

    seconds: float
    mib: float
    printed: int


@dataclass
class Row:
    """One command in one checkout, and its runs."""

    name: str
    checkout: Path
    code: str
    arguments: tuple[str, ...]
    runs: list[Run] = field(default_factory=list)

    def run(self, output: Path) -> None:
        """Run it once, with what it prints in a file."""
        variables = {**os.environ, "PYTHONPATH": str(self.checkout)}
        with output.open("wb") as printed:
            process = subprocess.Popen(  # noqa: S603 - this interpreter
                [sys.executable, "-c", self.code, *self.arguments],
                cwd=output.parent,
                env=variables,
                stdout=printed,
                stderr=subprocess.DEVNULL,
            )
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in _ENDED:
            sys.exit(f"{self.name} of {self.checkout} ended with {process.returncode}")
        seconds = float(output.read_text()) if self.code is _LOADING else used.ru_utime + used.ru_stime
        self.runs.append(Run(seconds, used.ru_maxrss / _KIB, output.stat().st_size))

    def __str__(self) -> str:
        """Write it on one line."""
        seconds = [run.seconds for run in self.runs]
        mib, printed = max(run.mib for run in self.runs), self.runs[-1].printed
        return f"{self.name:<28} {least_median_most(seconds, 2)} s   {mib:6,.0f} MiB   {printed / 1e6:8.2f} MB"


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m bench.overload_cost", description=__doc__)
    parser.add_argument("checkout", type=Path, help="another checkout of this repository")
    parser.add_argument("--runs", type=int, default=3, help="of each (default: %(default)s)")
    parser.add_argument("--environments", type=int, default=1_000, help="with ten times as many deployments")
    parser.add_argument("--loading", action="store_true", help="only load")
    parser.add_argument("--large", type=int, default=3_000, help="environments of the larger fleet; 0 for none")
    arguments = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory() as directory:
        sizes = [arguments.environments // parts for parts in (4, 2, 1)]
        *smaller, fleet = [str(_written(Path(directory) / str(size), size)) for size in sizes]
        first = str(_written(Path(directory) / "first", _FIRST))
        measured: list[tuple[str, str, tuple[str, ...]]] = [
            (f"load {10 * size:,}", _LOADING, (first, each))
            for size, each in zip(sizes, (*smaller, fleet), strict=True)
        ]
        if not arguments.loading:
            measured += [
                ("plan as JSON", _COMMAND, ("plan", fleet, "--output", "json")),
                ("plan as a table", _COMMAND, ("plan", fleet)),
            ]
        checkouts = {"other": arguments.checkout.resolve(), "this": CHECKOUT}
        rows = [
            Row(f"{name}, {what}", checkout, code, words)
            for what, code, words in measured
            for name, checkout in checkouts.items()
        ]
        if arguments.large and not arguments.loading:
            large = _written(Path(directory) / "large", arguments.large)
            rows.append(Row("this, larger, as a table", CHECKOUT, _COMMAND, ("plan", str(large))))
        for _ in range(arguments.runs):
            for row in rows:
                row.run(Path(directory) / "printed")
    console.print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    for row in rows:
        console.print(str(row))


def _written(directory: Path, environments: int) -> Path:
    documents = random_fleet(_SEED, environments=environments, deployments=10 * environments, load=_LOAD, kind="mixed")
    write_yaml(documents, directory)
    return directory


if __name__ == "__main__":
    main()
