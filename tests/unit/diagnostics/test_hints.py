"""The name that was meant, among the known ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicewise.diagnostics import closest, closest_few
from slicewise.documents.fleet import ModelKey
from slicewise.documents.rules.references import ReferenceCheck


@pytest.mark.parametrize(
    ("text", "known", "cutoff", "expected"),
    [
        ("nodeCuont", ["nodeCount", "maxNodeCount"], 0.6, "nodeCount"),
        ("GEMMA", ["gemma", "qwen"], 1.0, "gemma"),
        # 4 of 4 + 8 characters are common: two thirds.
        ("abcd", ["abcdefgh"], 0.66, "abcdefgh"),
        ("abcd", ["abcdefgh"], 0.67, None),
        # As close as each other.
        ("cat", ["bat", "hat", "rat"], 0.6, "rat"),
        ("anything", [], 0.6, None),
        ("a" * 101, ["a" * 101], 0.6, None),
    ],
)
def test_the_closest_name(text: str, known: list[str], cutoff: float, expected: str | None) -> None:
    assert closest(text, known, cutoff) == expected


@given(st.sets(st.text("abcdef", min_size=1, max_size=8)))
def test_the_order_of_the_names_makes_no_difference(known: set[str]) -> None:
    names = sorted(known)
    assert closest("abcabc", names) == closest("abcabc", reversed(names)) == closest("abcabc", known)


def test_every_misspelt_reference_has_its_hint_however_many_there_are() -> None:
    declared = {ModelKey("ClusterModel", "", f"{number:03}-{'abcdefgh'[number % 8] * 9}") for number in range(300)}
    check = ReferenceCheck(declared)
    for key in sorted(declared):
        (found,) = check.check(key._replace(name=f"{key.name}x"), "default")
        assert found.remedy == f'did you mean "{key.name}"?'


def test_the_closest_come_first_and_no_more_than_are_asked_for() -> None:
    known = ["llama", "lama", "gemma", "llamas", "qwen"]
    assert closest_few("LLAMA", known, 2) == ["llama", "llamas"]
    assert closest_few("llama", known, 9, cutoff=0.85) == ["llama", "llamas", "lama"]
