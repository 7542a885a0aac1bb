"""Every document of the corpus is refused for exactly what is wrong with it, at its place, with a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, by_document
from slicewise.documents import load_fleet
from slicewise.planning.explaining.never_served import prospects
from tests.corpus.reading import Case, Expected, many_cases, single_cases

SINGLE = list(single_cases())
MANY = list(many_cases())


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(case: Case) -> tuple[Diagnostic, ...]:
    """Return what is said of the files of `case`, in its order."""
    with pytest.raises(InvalidInputError) as caught:
        load_fleet(case.write(Path.cwd()))
    return caught.value.problems


def as_expected(problem: Diagnostic) -> Expected:
    """Return what of `problem` the corpus says."""
    place = problem.place
    return Expected(place.file, place.line, place.column, problem.field_name, problem.code.value)


@pytest.mark.parametrize("case", [case for case in SINGLE if case.errors], ids=lambda case: case.name)
def test_one_mistake_is_one_error_at_its_place(case: Case) -> None:
    (expected,) = case.errors
    problems = refused(case)
    assert [as_expected(problem) for problem in problems] == [expected], "\n".join(map(str, problems))
    (problem,) = problems
    assert (case.remedy or "a remedy") in problem.text
    assert str(problem).isprintable()


def advised(case: Case) -> list[Diagnostic]:
    """Return what loading warns of, and what no pool has to be planned for."""
    fleet = load_fleet(case.write(Path.cwd()))
    return by_document([*fleet.advice, *(each for each in prospects(fleet) if each.code is Code.NO_MEMORY_REQUIRED)])


@pytest.mark.parametrize("case", [case for case in SINGLE if case.warnings], ids=lambda case: case.name)
def test_what_deserves_a_look_is_advice(case: Case) -> None:
    advice = advised(case)
    assert [(each.code.value, each.path) for each in advice] == list(case.warnings)
    assert [each for each in advice if (case.remedy or "a remedy") not in each.text] == []


@pytest.mark.parametrize("case", [case for case in SINGLE if case.fix], ids=lambda case: case.name)
def test_whoever_follows_the_remedy_is_done(case: Case) -> None:
    advice = advised(case.fixed())
    assert {code for code, _ in case.warnings}.isdisjoint(each.code.value for each in advice)


@pytest.mark.parametrize("case", MANY, ids=lambda case: case.name)
def test_many_mistakes_are_as_many_errors_and_no_more(case: Case) -> None:
    problems = refused(case)
    found = [as_expected(problem) for problem in problems]
    assert found == list(case.errors), "\n".join(map(str, problems))


def test_a_single_case_is_one_mistake_and_its_remedy() -> None:
    assert [case.name for case in SINGLE if len(case.errors) + len(case.warnings) != 1 or not case.remedy] == []


def test_a_case_of_many_has_at_least_three() -> None:
    assert [case.name for case in MANY if len(case.errors) < 3] == []


def test_every_code_about_documents_is_in_it() -> None:
    # Those of paths, of directories and of files too large are in test_hostile.py and test_files.py; those of plans in
    # tests/unit/planning; SW307 to SW310 are about kubeconfigs, SW313 about what they may do, SW319 about the
    # stack's configuration, SW363 and other SW34x and SW35x about clusters, other SW7xx about models on units, and
    # about configs in files and what they contradict (tests/unit/documents/test_architecture.py).
    elsewhere = {
        "SW101",
        "SW102",
        "SW109",
        "SW110",
        "SW111",
        "SW112",
        "SW113",
        "SW114",
        "SW304",
        "SW305",
        "SW322",
        "SW323",
    }
    elsewhere |= {
        "SW307",
        "SW308",
        "SW309",
        "SW310",
        "SW313",
        "SW314",
        "SW319",
        "SW371",
        "SW375",
        "SW376",
        "SW377",
        "SW378",
        "SW362",
        "SW363",
    }
    elsewhere |= {"SW307", "SW308", "SW309", "SW310", "SW313", "SW314", "SW319", "SW375", "SW376", "SW362", "SW363"}
    # Of quotas that what runs exceeds: tests/unit/planning/test_quotas.py.
    elsewhere |= {"SW388"}
    elsewhere |= {"SW365", "SW366", "SW367", "SW368", "SW369"}
    codes = {code.value for code in Code if code.value < "SW34" or "SW36" < code.value < "SW4"} - elsewhere
    codes |= {"SW346", "SW347", "SW348", "SW349", "SW701", "SW702"}
    there = {error.code for case in (*SINGLE, *MANY) for error in case.errors}
    there |= {code for case in SINGLE for code, _ in case.warnings}
    assert there == codes
