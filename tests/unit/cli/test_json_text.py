"""Results that are written piece by piece are the JSON of the same data, a line for each entry."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from slicewise.cli.json_text import json_pieces

_PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
_ENTRIES = st.recursive(_PLAIN, lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each))
_DATA = st.dictionaries(
    st.text(max_size=5), _PLAIN | st.lists(_ENTRIES, max_size=3) | st.dictionaries(st.text(max_size=3), _ENTRIES)
)


@given(_DATA)
def test_it_is_the_json_of_the_data(data: dict[str, object]) -> None:
    assert json.loads("".join(json_pieces(data))) == data


def test_an_entry_of_a_list_is_a_line() -> None:
    text = "".join(json_pieces({"a": [{"b": 1, "c": [2]}, {"b": 3}], "d": {"e": [], "f": None}}))
    assert text == '{\n  "a": [\n    {"b":1,"c":[2]},\n    {"b":3}\n  ],\n  "d": {\n    "e": [],\n    "f": null\n  }\n}'


def test_an_entry_is_made_when_it_is_written() -> None:
    made: list[int] = []

    def entries() -> Iterator[int]:
        for number in range(1000):
            made.append(number)
            yield number

    pieces = json_pieces({"numbers": entries()})
    while next(pieces) != "0":
        assert len(made) <= 1
    assert made == [0]
