"""Run every attack, and print which were survived: `python -m tests.engine.attacks [PYTEST ARGUMENT ...]`."""

from __future__ import annotations

import os
import sys

import pytest

from tests.engine.attacks.moments import SEED, seed
from tests.engine.attacks.table import ATTACKS, HERE
from tests.engine.attacks.verdicts import Verdicts


def main() -> int:
    """Run them, and return pytest's exit code."""
    os.environ[SEED] = str(seed())  # for all of pytest's workers
    tests = sorted({test for attack in ATTACKS.values() for test in attack.elsewhere})
    verdicts = Verdicts()
    code = pytest.main([HERE, *tests, "-v", "-n", "2", "--dist", "loadgroup", *sys.argv[1:]], plugins=[verdicts])
    sys.stdout.write("\n".join(["", *verdicts.lines(), "", *verdicts.summary(), ""]))
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
