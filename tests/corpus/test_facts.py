"""What a message says in numbers, its facts hold: for every case of the corpus."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError
from slicewise.documents import load_fleet
from tests.corpus.reading import Case, many_cases, single_cases

CASES: Final = [*single_cases(), *many_cases()]
# A number of its own, or an amount with its unit: not a part of a name, of a version, of a path or of a profile.
NUMBER: Final = re.compile(r"(?<![\w.\-/\[:#+])\d[\d,]*(?:\.\d+)?(?=$|[^\w.\-\]]|\.(?:\s|$)|(?:[KMGT]i?B?)\b)")
QUOTED: Final = re.compile(r'"[^"]*"')
EXCEPTIONS: Final[Mapping[Code, str]] = {
    Code.YAML_SYNTAX: "the parser's message: lines where something was opened, and lengths",
    Code.COUNTED_TOGETHER: "versions of KEDA, which are the same in every message",
}
# Examples of notation in the words for a type, and the parts of an image, which are said one by one.
EXAMPLES: Final = (re.compile("such as 8 or 10"), re.compile(r": the digest has .*"))


def said_of(case: Case) -> list[Diagnostic]:
    """Return the errors of `case`, or else its warnings."""
    try:
        return list(load_fleet(case.write(Path.cwd())).advice)
    except InvalidInputError as error:
        return list(error.problems)


def in_text(text: str) -> set[float]:
    for example in EXAMPLES:
        text = example.sub("", text)
    return {float(number.replace(",", "")) for number in NUMBER.findall(QUOTED.sub("", text))}


def in_facts(value: object) -> Iterator[float]:
    """Yield the numbers in facts: those that are numbers, and those in text, as of `40Gi`."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from in_facts(each)
    elif isinstance(value, str):
        yield from map(float, re.findall(r"\d+(?:\.\d+)?", value))
    elif isinstance(value, int | float):
        yield float(value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_facts_hold_the_numbers_of_the_message(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = [each for each in said_of(case) if each.code not in EXCEPTIONS]
    lacking = {each.message: in_text(each.message) - set(in_facts(each.facts)) for each in told}
    assert {message: numbers for message, numbers in lacking.items() if numbers} == {}


def test_names_of_facts_are_like_those_of_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = [each for case in CASES for each in said_of(case)]
    names = {name for each in told for name in each.facts}
    assert {name for name in names if not re.fullmatch("[a-z][A-Za-z]*", name)} == set()
    assert sum(bool(each.facts) for each in told) > len(told) / 3


def test_every_exception_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = [each for case in CASES for each in said_of(case)]
    lacking = {each.code for each in told if in_text(each.message) - set(in_facts(each.facts))}
    assert lacking == set(EXCEPTIONS)
