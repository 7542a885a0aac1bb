"""`python -m bench.suite_cost CHECKOUT`: how long the tests take that this checkout and another one have in common.

Common are the tests of one name with one set of parameters, in whatever file they are. Each checkout runs them with its
own packages, binaries and number of processes, as its `make test` does; it has run before, so that nothing is built or
fetched. They run in turns, on a machine that should do nothing else. Shown are the seconds of the clock, which tests
wait through, and those of the processor of all processes.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.children import children_seconds
from bench.least_median_most import least_median_most
from embedded import CHECKOUT

_PYTEST: Final = (".venv/bin/pytest", "-p", "no:cacheprovider", "-q")
_IN_MAKEFILE: Final = re.compile(r"/bin/pytest (-n \d+ --dist loadgroup.*) tests$", re.MULTILINE)
_LAST_WORDS: Final = 4000


@dataclass
class Suite:
    """A checkout's tests, and what each run of the common ones took.

    Attributes:
        name: What it is called in the report.
        checkout: The checkout.
        tests: The ids of the tests that both have.
        wall: Seconds of the clock.
        cpu: Seconds of the processor.
    """

    name: str
    checkout: Path
    tests: list[str] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def all_tests(self) -> list[str]:
        """Return the ids of all tests that `make test` runs."""
        done = self._pytest("--collect-only", "tests")
        return [line for line in done.stdout.splitlines() if line.startswith("tests/") and "::" in line]

    def run(self) -> None:
        """Run the common tests; end the program where one fails."""
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
            file.write("\n".join(self.tests))
            file.flush()
            cpu, began = children_seconds(), time.monotonic()
            self._pytest(f"@{file.name}")
            self.wall.append(time.monotonic() - began)
            self.cpu.append(children_seconds() - cpu)

    def _pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        line = _IN_MAKEFILE.search((self.checkout / "Makefile").read_text(encoding="utf-8"))
        if line is None:
            sys.exit(f"{self.checkout}/Makefile: no line there says how `make test` runs pytest")
        command = (*_PYTEST, *shlex.split(line[1]), *arguments)
        done = subprocess.run(command, cwd=self.checkout, text=True, capture_output=True, check=False)  # noqa: S603 - the line of the Makefile
        if done.returncode != 0:
            sys.exit(f"{self.name}: {done.stdout[-_LAST_WORDS:]}\n{done.stderr[-_LAST_WORDS:]}")
        return done

    def __str__(self) -> str:
        """Write it on one line."""
        cpu, wall = least_median_most(self.cpu), least_median_most(self.wall)
        return f"{self.name:<16} {len(self.tests):6,} tests {wall} s   {cpu} CPU s"


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m bench.suite_cost", description=__doc__)
    parser.add_argument("checkout", type=Path, help="another checkout of this repository")
    parser.add_argument("--runs", type=int, default=3, help="of each (default: %(default)s)")
    arguments = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    suites = [Suite("this checkout", CHECKOUT), Suite("other checkout", arguments.checkout.resolve())]
    for suite, tests in zip(suites, common_tests([suite.all_tests() for suite in suites]), strict=True):
        suite.tests = tests
    for _ in range(arguments.runs):
        for suite in suites:
            suite.run()
            console.print(str(suite))
    console.print(f"load of the machine: {os.getloadavg()[0]:.1f}; least, median and most")
    for suite in suites:
        console.print(str(suite))


def common_tests(suites: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return of each suite the tests that all have, in its own order: of one name only as many as each has."""
    common = reduce(and_, (Counter(map(_name, suite)) for suite in suites))
    found: list[list[str]] = []
    for suite in suites:
        left = common.copy()
        found.append([])
        for test in suite:
            if left[_name(test)]:
                left[_name(test)] -= 1
                found[-1].append(test)
    return found


def _name(test: str) -> str:
    """Return a test's name and parameters, without the file that it is in."""
    where, bracket, parameters = test.partition("[")
    return f"{where.rpartition('::')[2]}{bracket}{parameters}"


if __name__ == "__main__":
    main()
