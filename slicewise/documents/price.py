"""Prices: numbers without a currency, which is the reader's own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Self

from pydantic_core import core_schema

from slicewise.sources import UnusableTextError, Written

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

_PRICE: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_REMEDY: Final = "write a number without a currency, for example 98.32"


@dataclass(frozen=True, slots=True, order=True)
class Price(Written):
    """A price as a decimal number, compared by `value`, written as the user wrote it."""

    value: Decimal
    text: str = field(compare=False)

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read a price.

        Raises:
            UnusableTextError: `text` is not a number of at most six decimals, or is negative.
        """
        written = str(text)
        if isinstance(text, bool) or not isinstance(text, str | int | float) or not _PRICE.fullmatch(written):
            raise UnusableTextError("is not a price", _REMEDY)
        return cls(Decimal(written), written)

    def __str__(self) -> str:
        """Give the text as it was written."""
        return self.text

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe it as a number, or as one in quotes."""
        number = {"type": "number", "minimum": 0, "exclusiveMaximum": 10**9}
        return {"anyOf": [number, {"type": "string", "pattern": f"^{_PRICE.pattern}$"}], "examples": ["98.32"]}
