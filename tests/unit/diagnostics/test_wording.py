"""Lists, numbers and verbs in sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicewise.diagnostics import are, counted, have, plural, some


@pytest.mark.parametrize(
    ("names", "most", "expected"),
    [
        ([], 3, ""),
        (["a"], 3, "a"),
        (["a", "b", "c"], 3, "a, b, c"),
        (["a", "b", "c", "d"], 3, "a, b, c and 1 more"),
        (["a", "b", "c", "d"], 1, "a and 3 more"),
    ],
)
def test_some_names_are_shown_and_the_others_counted(names: list[str], most: int, expected: str) -> None:
    assert some(names, most) == expected


def test_three_are_shown_where_no_number_is_given() -> None:
    assert some(list("abcde")) == "a, b, c and 2 more"


def test_words_between_the_names_may_be_others() -> None:
    assert some(list("abcd"), 2, between=" or ", word="or") == "a or b or 2 more"


@given(st.lists(st.text("xyz", min_size=1), max_size=12), st.integers(1, 12))
def test_no_name_is_lost_and_none_is_counted_twice(names: list[str], most: int) -> None:
    shown, _, rest = some(names, most).partition(" and ")
    assert len([each for each in shown.split(", ") if each]) + int(rest.split()[0] if rest else 0) == len(names)


@pytest.mark.parametrize(("count", "expected"), [(0, "0 nodes"), (1, "1 node"), (2, "2 nodes")])
def test_a_noun_follows_its_number(count: int, expected: str) -> None:
    assert counted(count, "node") == expected
    assert plural(count, "node") == expected.split()[1]


@pytest.mark.parametrize(("count", "be", "own"), [(0, "are", "have"), (1, "is", "has"), (2, "are", "have")])
def test_a_verb_follows_its_number(count: int, be: str, own: str) -> None:
    assert (are(count), have(count)) == (be, own)
