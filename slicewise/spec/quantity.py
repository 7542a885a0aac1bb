"""Amounts of CPU and memory as Kubernetes writes them (`4`, `500m`, `40Gi`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from lightkube.utils.quantity import parse_quantity
from pydantic_core import PydanticCustomError, core_schema

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

GIB = 1024**3


@dataclass(frozen=True, slots=True, order=True)
class Quantity:
    """An amount: compared by `value` (bytes, or cores), written as the user wrote it."""

    value: Decimal
    text: str = field(compare=False)

    @classmethod
    def parse(cls, text: str | int) -> Self:
        """Read a Kubernetes quantity.

        Raises:
            ValueError: `text` is no quantity, or not a positive one.
        """
        # Kubernetes reads a bare number as bytes or cores, and YAML gives such a number as an int.
        if isinstance(text, bool) or not isinstance(text, str | int):
            raise ValueError(text)  # noqa: TRY004 - pydantic treats both alike, callers catch one
        value = parse_quantity(str(text))
        if value is None or not value.is_finite() or value <= 0:
            raise ValueError(text)
        return cls(value, str(text))

    @property
    def millis(self) -> int:
        """Thousandths, rounded up: millicores for an amount of CPU."""
        return -int(-self.value * 1000 // 1)

    @property
    def bytes(self) -> int:
        """Whole bytes, rounded up, for an amount of memory."""
        return -int(-self.value // 1)

    def __str__(self) -> str:
        """Give the text as it was written."""
        return self.text

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Accept text and whole numbers."""
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe it as Kubernetes' own schemas do: an integer or a string."""
        suffix = "([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?"
        return {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": rf"^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+){suffix}$"},
            ],
            "examples": ["40Gi", "500m", "4"],
        }

    @classmethod
    def _validate(cls, value: Any) -> Self:  # noqa: ANN401 - anything that YAML can hold may stand here
        if isinstance(value, cls):
            return value
        try:
            return cls.parse(value)
        except (ValueError, TypeError, ArithmeticError) as error:
            raise PydanticCustomError(
                "quantity",
                "{got} is no Kubernetes quantity; write for example 40Gi, 500m or 4",
                {"got": repr(value) if isinstance(value, str) else str(value)},
            ) from error
