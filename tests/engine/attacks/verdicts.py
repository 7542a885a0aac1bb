"""How the tests of each attack ended, and the table of it."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

import pytest

from tests.engine.attacks.moments import SEED
from tests.engine.attacks.table import ATTACKS, Attack, attacks_of, function_of

# What a test has to say in the table: `record_property(SEEN, "...")`.
SEEN: Final = "seen"


class Verdicts:
    """How the tests of each attack ended: a plugin of pytest."""

    def __init__(self) -> None:
        self._ended: defaultdict[int, defaultdict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        self._seen: defaultdict[int, list[str]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one phase of one test."""
        for number in attacks_of(report.nodeid):
            if report.when == "call" or not report.passed:
                self._ended[number][function_of(report.nodeid)][_ending(report)] += 1
            if report.when == "teardown":
                self._seen[number] += [str(value) for name, value in report.user_properties if name == SEEN]

    def lines(self) -> list[str]:
        """Return the table: of each attack what it does, how it ended, what it is tried by and what was seen."""
        return [line for number, attack in ATTACKS.items() for line in self._lines_of(number, attack)]

    def summary(self) -> list[str]:
        """Return how many are survived, which are not, and how to try the same moments again."""
        verdicts = {number: self.verdict(number) for number in ATTACKS}
        survived = sum(verdict == "survived" for verdict in verdicts.values())
        others = [number for number, verdict in verdicts.items() if verdict != "survived"]
        return [
            f"survived: {survived} of {len(ATTACKS)}",
            *(f"{verdicts[number]}: {number}, {ATTACKS[number].what}" for number in others),
            f"the moments of the kills were drawn with {SEED}={os.environ.get(SEED)}",
        ]

    def verdict(self, number: int) -> str:
        """Return how an attack ended; one is only survived if all its tests were run."""
        endings = self._ended[number]
        every = Counter[str]()
        for test in endings.values():
            every += test
        if every["failed"]:
            return "FAILED"
        if every["known"]:
            return "NOT SURVIVED"
        whole = set(ATTACKS[number].elsewhere) <= set(endings) and not every["skipped"]
        return "survived" if whole and every["passed"] else "not run"

    def _lines_of(self, number: int, attack: Attack) -> Iterator[str]:
        yield f"{number:2}  {self.verdict(number):12}  {attack.what}"
        if attack.remark:
            yield f"{'':18}{attack.remark}"
        for test, endings in sorted(self._ended[number].items()):
            yield f"{'':18}{test}: {', '.join(f'{count} {ending}' for ending, count in sorted(endings.items()))}"
        for seen in self._seen[number]:
            yield f"{'':18}{seen}"


def _ending(report: pytest.TestReport) -> str:
    # A failure that the test itself expects, with its reason.
    if hasattr(report, "wasxfail"):
        return "known"
    return report.outcome
