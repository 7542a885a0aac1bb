"""Every document of the corpus is refused for exactly what is wrong with it, at its place, with a remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slicewise.spec import Code, InvalidInputError, Problem, load_fleet
from tests.corpus.reading import Case, Expected, many_cases, single_cases

SINGLE = list(single_cases())
MANY = list(many_cases())
# Words that tell what to write, to do, or to choose from.
REMEDY = re.compile(
    r"expected|write|remove|did you mean|is required|; it has|keep|rename|put |split|leave|make |give|there are"
    r"|there is a|at most|use |choose|raise|lower|change|close it|correct|load |mend|need|spaces|(is|in) serving\[\]",
    re.IGNORECASE,
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(case: Case) -> tuple[Problem, ...]:
    """Return what is said of the files of `case`, in its order."""
    with pytest.raises(InvalidInputError) as caught:
        load_fleet(case.write(Path.cwd()))
    return caught.value.problems


def as_expected(problem: Problem) -> Expected:
    """Return what of `problem` the corpus says."""
    return Expected(problem.file, problem.line, problem.column, problem.field, problem.code.value)


@pytest.mark.parametrize("case", [case for case in SINGLE if case.errors], ids=lambda case: case.name)
def test_one_mistake_is_one_error_at_its_place(case: Case) -> None:
    (expected,) = case.errors
    problems = refused(case)
    assert [as_expected(problem) for problem in problems] == [expected], "\n".join(map(str, problems))
    (problem,) = problems
    assert REMEDY.search(problem.message), problem
    assert str(problem).isprintable()


@pytest.mark.parametrize("case", [case for case in SINGLE if case.warnings], ids=lambda case: case.name)
def test_what_deserves_a_look_is_advice(case: Case) -> None:
    advice = load_fleet(case.write(Path.cwd())).advice
    assert [(each.code.value, each.path) for each in advice] == list(case.warnings)
    assert [each for each in advice if not REMEDY.search(each.message)] == []


@pytest.mark.parametrize("case", MANY, ids=lambda case: case.name)
def test_many_mistakes_are_as_many_errors_and_no_more(case: Case) -> None:
    problems = refused(case)
    found = [as_expected(problem) for problem in problems]
    assert found == list(case.errors), "\n".join(map(str, problems))
    assert [problem for problem in problems if not REMEDY.search(problem.message)] == []


def test_it_is_as_large_as_it_should_be() -> None:
    assert len(SINGLE) >= 150
    assert all(len(case.errors) + len(case.warnings) == 1 for case in SINGLE)
    assert len(MANY) >= 20
    assert all(len(case.errors) >= 3 for case in MANY)


def test_every_code_about_documents_is_in_it() -> None:
    # Those of paths, of directories and of files too large are in test_hostile.py and test_files.py; those of plans in
    # tests/unit/placement; SW307 to SW310 are about kubeconfigs, SW313 about what they may do.
    elsewhere = {"SW101", "SW102", "SW109", "SW110", "SW111", "SW304", "SW305", "SW322", "SW323"}
    elsewhere |= {"SW307", "SW308", "SW309", "SW310", "SW313"}
    codes = {code.value for code in Code if code.value < "SW4"} - elsewhere
    there = {error.code for case in (*SINGLE, *MANY) for error in case.errors}
    there |= {code for case in SINGLE for code, _ in case.warnings}
    assert there == codes
