"""Run every attack, and print which were survived: `python -m tests.engine.attacks [PYTEST ARGUMENT ...]`."""

from __future__ import annotations

import sys
from collections import defaultdict

import pytest

from tests.engine.attacks.table import ATTACKS, HERE, attacks_of


class Verdicts:
    """How the tests of each attack ended."""

    def __init__(self) -> None:
        self.failed: defaultdict[int, list[str]] = defaultdict(list)
        self.passed: set[int] = set()
        self.skipped: set[int] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one phase of one test."""
        for number in attacks_of(report.nodeid):
            if report.failed:
                self.failed[number].append(report.nodeid)
            elif report.skipped:
                self.skipped.add(number)
            elif report.when == "call":
                self.passed.add(number)

    def lines(self) -> list[str]:
        """Return the table."""
        lines = [f"{number:2}  {self._verdict(number):8}  {attack.what}" for number, attack in ATTACKS.items()]
        survived = sum(self._verdict(number) == "survived" for number in ATTACKS)
        failures = [f"    {number}: {test}" for number in sorted(self.failed) for test in self.failed[number]]
        return [*lines, f"survived: {survived} of {len(ATTACKS)}", *failures]

    def _verdict(self, number: int) -> str:
        if number in self.failed:
            return "FAILED"
        return "survived" if number in self.passed and number not in self.skipped else "not run"


def main() -> int:
    """Run them, and return pytest's exit code."""
    tests = sorted({test for attack in ATTACKS.values() for test in attack.elsewhere})
    verdicts = Verdicts()
    code = pytest.main([HERE, *tests, "--dist", "loadgroup", "-q", *sys.argv[1:]], plugins=[verdicts])
    sys.stdout.write("\n".join([*verdicts.lines(), ""]))
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
