"""Amounts of CPU and memory as Kubernetes writes them (`4`, `500m`, `40Gi`)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Self

from pydantic_core import core_schema

from slicewise.kubernetes.quantity_meant import proposal
from slicewise.sources import UnusableTextError, Written

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

GIB = 1024**3
# The grammar of apimachinery's ParseQuantity: a number, then one suffix or an exponent, never both.
_NUMBER: Final = r"\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
_SUFFIX: Final = r"([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,3})?"
_QUANTITY: Final = re.compile(f"(?P<number>{_NUMBER})(?P<suffix>{_SUFFIX})")
_SIGNED: Final = re.compile(f"(?P<sign>-?){_QUANTITY.pattern}")
_MULTIPLIERS: Final = {
    "": Decimal(1),
    **{
        suffix: Decimal(10) ** power
        for suffix, power in zip("numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True)
    },
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}
# Kubernetes keeps 64 bits of an amount; longer text is not an amount.
_MAXIMUM: Final = Decimal(2**63 - 1)
_LONGEST: Final = 40
_NOT_ONE: Final = "is not a Kubernetes quantity"
_EXAMPLES: Final = "write for example 40Gi, 500m or 4"


def quantity_value(text: object) -> Decimal | None:
    """Return the value of any Kubernetes quantity, 0 and less included; None where `text` is not a quantity.

    For what clusters and other people's manifests say, where `Quantity` reads what a document may ask for.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        return None
    written = str(text)
    match = _SIGNED.fullmatch(written) if len(written) <= _LONGEST else None
    if not match:
        return None
    return -_value(match) if match["sign"] else _value(match)


def _value(match: re.Match[str]) -> Decimal:
    suffix = match["suffix"]
    multiplier = _MULTIPLIERS.get(suffix)
    # `1E` is an exabyte; `1E3` and `1e3` are a thousand.
    return Decimal(match["number"]) * multiplier if multiplier else Decimal(match["number"] + suffix)


@dataclass(frozen=True, slots=True, order=True)
class Quantity(Written):
    """An amount: compared by `value` (bytes, or cores), written as the user wrote it."""

    value: Decimal
    text: str = field(compare=False)

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read a Kubernetes quantity.

        Raises:
            UnusableTextError: `text` is not a quantity, or not a positive one.
        """
        # Kubernetes reads a bare number as bytes or cores, and YAML gives such a number as an int or a float.
        if isinstance(text, bool) or not isinstance(text, str | int | float):
            raise UnusableTextError(_NOT_ONE, _EXAMPLES)
        written = str(text)
        match = _QUANTITY.fullmatch(written) if len(written) <= _LONGEST else None
        if not match:
            if quantity_value(text) is not None:
                raise UnusableTextError("is not more than 0", _EXAMPLES, least=0)
            raise UnusableTextError(_NOT_ONE, f"write {proposal(written)}")
        value = _value(match)
        if value <= 0:
            raise UnusableTextError("is 0", "write more than that", least=0)
        if value > _MAXIMUM:
            raise UnusableTextError(f"is more than Kubernetes can count ({_MAXIMUM})", "write less", most=int(_MAXIMUM))
        return cls(value, written)

    @property
    def number(self) -> str:
        """The text without its suffix."""
        return self.text[: len(self.text) - len(self.suffix)]

    @property
    def suffix(self) -> str:
        """The text's suffix or exponent: nothing for a bare number."""
        match = _QUANTITY.fullmatch(self.text)
        return match["suffix"] if match else ""

    @property
    def millis(self) -> int:
        """Thousandths, rounded up: millicores for an amount of CPU."""
        return math.ceil(self.value * 1000)

    @property
    def bytes(self) -> int:
        """Whole bytes, rounded up, for an amount of memory."""
        return math.ceil(self.value)

    def __str__(self) -> str:
        """Give the text as it was written."""
        return self.text

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe it as Kubernetes' own schemas do: a number or a string."""
        return {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": f"^{_NUMBER}{_SUFFIX}$"},
            ],
            "examples": ["40Gi", "500m", "4"],
        }
