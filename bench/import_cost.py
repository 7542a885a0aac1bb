"""`python -m bench.import_cost`: what importing Fleet costs, beside Pulumi's Kubernetes SDK that it needs in any case.

Both are imported from compiled files, as pip and Python leave them, each in a process of its own and in turns. The
seconds are those of the processor, so that other work on the machine does not count; the fastest of each is compared.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Final

from rich.console import Console

from embedded import CHECKOUT

_RUNS: Final = 15
_MOST_SECONDS: Final = 0.3
_STATEMENTS: Final = ("import pulumi_kubernetes", "from components import Fleet")
_TIMED: Final = "import time; start = time.process_time(); {}; print(time.process_time() - start)"


def main() -> None:
    """Print the two costs and their difference; exit with 1 where it is more than Fleet may cost."""
    with tempfile.TemporaryDirectory() as compiled:
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        variables["PYTHONPYCACHEPREFIX"] = compiled
        for statement in _STATEMENTS:
            _seconds(statement, variables)
        runs = [[_seconds(statement, variables) for statement in _STATEMENTS] for _ in range(_RUNS)]
    base, fleet = map(min, zip(*runs, strict=True))
    console = Console(highlight=False)
    for statement, seconds in zip(_STATEMENTS, (base, fleet), strict=True):
        console.print(f"{seconds:.3f} s  {statement}")
    console.print(f"{fleet - base:.3f} s  the difference; at most {_MOST_SECONDS} s is wanted")
    sys.exit(fleet - base > _MOST_SECONDS)


def _seconds(statement: str, variables: Mapping[str, str]) -> float:
    run = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", _TIMED.format(statement)],
        cwd=CHECKOUT,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(run.stdout)


if __name__ == "__main__":
    main()
