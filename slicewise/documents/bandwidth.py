"""Network bandwidth between nodes: a fabric and Gbit/s, as in `ib-400g`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import core_schema

from slicewise.sources import UnusableTextError, Written

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

FABRICS = ("ib", "roce", "efa", "eth")
_PATTERN = rf"^(?:({'|'.join(FABRICS)})-)?([1-9][0-9]{{0,5}})g$"
_WITH_FABRIC = _PATTERN.replace(")?", ")", 1)


def _described(pattern: str) -> JsonSchemaValue:
    return {"type": "string", "pattern": pattern, "examples": ["ib-400g", "roce-200g", "efa-3200g", "eth-100g"]}


@dataclass(frozen=True, slots=True)
class Bandwidth(Written):
    """Gbit/s, on a named fabric or on any."""

    fabric: str | None
    gigabits: int

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read `ib-400g` or `400g`.

        Raises:
            UnusableTextError: `text` is neither.
        """
        match = re.fullmatch(_PATTERN, text) if isinstance(text, str) else None
        if not match:
            remedy = f"write fabric and Gbit/s, for example ib-400g (fabrics: {', '.join(FABRICS)})"
            raise UnusableTextError("is not a bandwidth", remedy, fabrics=list(FABRICS))
        return cls(match[1], int(match[2]))

    def satisfies(self, required: Bandwidth) -> bool:
        """Return whether this is as fast as `required`, and on its fabric where that names one."""
        return self.gigabits >= required.gigabits and required.fabric in (None, self.fabric)

    def __str__(self) -> str:
        """Write it as documents do."""
        return f"{self.fabric}-{self.gigabits}g" if self.fabric else f"{self.gigabits}g"

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe it by its pattern."""
        return _described(_PATTERN)


def _names_its_fabric(bandwidth: Bandwidth) -> Bandwidth:
    if bandwidth.fabric is None:
        remedy = f"write for example ib-{bandwidth} (fabrics: {', '.join(FABRICS)})"
        raise UnusableTextError("does not say on which fabric", remedy, fabrics=list(FABRICS)).for_pydantic()
    return bandwidth


# What a pool has is always on some fabric; only a requirement may leave it open.
PoolBandwidth = Annotated[Bandwidth, AfterValidator(_names_its_fabric), WithJsonSchema(_described(_WITH_FABRIC))]
