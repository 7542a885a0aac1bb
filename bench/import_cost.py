"""`python -m bench.import_cost`: what importing Fleet costs, beside Pulumi's Kubernetes SDK that it needs in any case.

Each import is the first of a process of its own; the two are run in turns, and the fastest of each is compared.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from rich.console import Console

from embedded import CHECKOUT

_RUNS: Final = 7
_MOST_SECONDS: Final = 0.3
_STATEMENTS: Final = ("import pulumi_kubernetes", "from components import Fleet")
_TIMED: Final = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"


def main() -> None:
    """Print the two costs and their difference; exit with 1 where it is more than Fleet may cost."""
    seconds: dict[str, list[float]] = {statement: [] for statement in _STATEMENTS}
    for _ in range(_RUNS):
        for statement in _STATEMENTS:
            seconds[statement].append(_seconds(statement))
    base, fleet = (min(seconds[statement]) for statement in _STATEMENTS)
    console = Console()
    for statement in _STATEMENTS:
        console.print(f"{min(seconds[statement]):.3f} s  {statement}")
    console.print(f"{fleet - base:.3f} s  the difference; at most {_MOST_SECONDS} s is wanted")
    sys.exit(fleet - base > _MOST_SECONDS)


def _seconds(statement: str) -> float:
    run = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", _TIMED.format(statement)], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    return float(run.stdout)


if __name__ == "__main__":
    main()
