"""Patterns of texts, and the words that errors have for them."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import StrictStr, TypeAdapter, ValidationError

from slicewise.documents import bad_value
from slicewise.documents.patterns import Pattern, pattern_of

COLOUR = Pattern("^(red|green)$", "red or green, of this test")


def test_a_field_takes_what_fits_and_no_more_characters_than_it_may() -> None:
    adapter: TypeAdapter[str] = TypeAdapter(Annotated[StrictStr, COLOUR.field(3)])
    assert adapter.validate_python("red") == "red"
    for text in ("blue", "green"):
        with pytest.raises(ValidationError):
            adapter.validate_python(text)
    assert (COLOUR.fits("green"), COLOUR.fits("greenish")) == (True, False)


def test_an_error_has_the_words_of_the_pattern() -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(Annotated[StrictStr, COLOUR.field()]).validate_python("blue")
    assert bad_value(raised.value.errors()[0]).text == 'got "blue", expected red or green, of this test'


def test_no_expression_has_two_wordings() -> None:
    assert pattern_of(COLOUR.regex) == COLOUR
    with pytest.raises(ValueError, match="other words"):
        Pattern(COLOUR.regex, "other words")
    assert pattern_of(COLOUR.regex) == COLOUR
