"""What the table says of an attack is what its tests did."""

from __future__ import annotations

import pytest

from tests.engine.attacks.table import ATTACKS, HERE
from tests.engine.attacks.verdicts import SEEN, Verdicts

OWN = f"{HERE}/test_size.py::test_60_it"
ELSEWHERE = ATTACKS[17].elsewhere


def report(test: str, outcome: str, *, when: str = "call", known: bool = False, seen: str = "") -> pytest.TestReport:
    properties = [(SEEN, seen)] if seen else []
    made = pytest.TestReport(test, ("", None, ""), {}, outcome, None, when, user_properties=properties)  # type: ignore[arg-type]  # texts
    if known:
        made.wasxfail = "reason: it grows"  # as pytest's own plugin does
    return made


def verdicts(*reports: pytest.TestReport) -> Verdicts:
    made = Verdicts()
    for each in reports:
        made.pytest_runtest_logreport(each)
    return made


def test_nothing_is_survived_that_was_not_run() -> None:
    nothing = verdicts()
    assert {nothing.verdict(number) for number in ATTACKS} == {"not run"}
    assert nothing.summary()[0] == "survived: 0 of 71"
    assert verdicts(report(OWN, "skipped")).verdict(60) == "not run"
    # Started, and no more.
    assert verdicts(report(OWN, "passed", when="setup")).verdict(60) == "not run"


def test_all_tests_of_an_attack_must_have_passed() -> None:
    first, *rest = ELSEWHERE
    assert rest
    passed = [report(f"{test}[x]", "passed") for test in rest]
    assert verdicts(*passed).verdict(17) == "not run"
    assert verdicts(*passed, report(first, "passed")).verdict(17) == "survived"
    assert verdicts(*passed, report(first, "failed")).verdict(17) == "FAILED"
    assert verdicts(*passed, report(first, "passed"), report(first, "failed", when="teardown")).verdict(17) == "FAILED"


def test_a_failure_that_is_known_is_none_that_is_survived() -> None:
    known = verdicts(report(OWN, "skipped", known=True))
    assert known.verdict(60) == "NOT SURVIVED"
    assert f"NOT SURVIVED: 60, {ATTACKS[60].what}" in known.summary()


def test_the_table_has_what_was_tried_and_seen() -> None:
    lines = verdicts(
        report(f"{OWN}[0]", "passed"),
        report(f"{OWN}[1]", "passed"),
        report(f"{OWN}[1]", "passed", when="teardown", seen="killed in the middle"),
    ).lines()
    at = next(index for index, line in enumerate(lines) if line.startswith("60 "))
    assert lines[at] == f"60  survived      {ATTACKS[60].what}"
    assert [line.strip() for line in lines[at + 1 : at + 3]] == [f"{OWN}: 2 passed", "killed in the middle"]
