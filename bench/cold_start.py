"""`python -m bench.cold_start CHECKOUT`: what `make preview` costs on a machine with nothing, beside another checkout.

A clean clone of each checkout's HEAD previews its demo with caches of its own that are empty: Go's of modules and of
builds, pip's, uv's, and the one of the pinned binaries. The second preview in the same clone is what each later one
costs. Shown are the seconds of the processor of all processes, and those of the clock.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.children import children_seconds
from bench.least_median_most import least_median_most
from embedded import CHECKOUT

# Go makes its modules read-only, and they are removed at the end.
_WRITABLE: Final = {"GOFLAGS": "-modcacherw"}
_CACHES: Final = ("GOCACHE", "GOMODCACHE", "GOPATH", "XDG_CACHE_HOME", "PIP_CACHE_DIR", "UV_CACHE_DIR")


@dataclass
class ColdStart:
    """A checkout's previews, and what each took.

    Attributes:
        name: What it is called in the report.
        checkout: The checkout.
        cpu: Seconds of the processor of each first preview.
        wall: Seconds of the clock of each first preview.
        again: Seconds of the processor of each second preview.
    """

    name: str
    checkout: Path
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Preview twice in a new clone, without anything that was fetched or built before."""
        with tempfile.TemporaryDirectory() as directory:
            clone = Path(directory) / "slicewise"
            self._must("git", "clone", "--quiet", str(self.checkout), str(clone))
            caches = {name: str(Path(directory) / name.lower()) for name in _CACHES}
            environment = os.environ | caches | _WRITABLE
            cpu, wall = self._preview(clone, environment)
            self.cpu.append(cpu)
            self.wall.append(wall)
            self.again.append(self._preview(clone, environment)[0])

    def _preview(self, clone: Path, environment: dict[str, str]) -> tuple[float, float]:
        cpu, began = children_seconds(), time.monotonic()
        self._must("make", "-C", str(clone), "preview", environment=environment)
        return children_seconds() - cpu, time.monotonic() - began

    def _must(self, *command: str, environment: dict[str, str] | None = None) -> None:
        done = subprocess.run(command, env=environment, text=True, capture_output=True, check=False)  # noqa: S603 - the lines above
        if done.returncode != 0:
            sys.exit(f"{self.name}: {done.stdout}\n{done.stderr}")

    def __str__(self) -> str:
        """Write it on one line."""
        again = statistics.median(self.again)
        cpu, wall = least_median_most(self.cpu), least_median_most(self.wall)
        return f"{self.name:<16} {cpu} CPU s   {wall} s   then {again:5.1f} CPU s"


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m bench.cold_start", description=__doc__)
    parser.add_argument("checkout", type=Path, help="another checkout of this repository")
    parser.add_argument("--runs", type=int, default=3, help="of each (default: %(default)s)")
    arguments = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    rows = [ColdStart("this checkout", CHECKOUT), ColdStart("other checkout", arguments.checkout.resolve())]
    for _ in range(arguments.runs):
        for row in rows:
            row.run()
            console.print(str(row))
    console.print(f"load of the machine: {os.getloadavg()[0]:.1f}; least, median and most")
    for row in rows:
        console.print(str(row))


if __name__ == "__main__":
    main()
