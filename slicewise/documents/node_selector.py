"""The labels that identify the nodes of a pool: each with one value, or with several of which a node has any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, WrapValidator

from slicewise.diagnostics import FieldPath
from slicewise.documents.base import LABEL_VALUE, LabelKey, LabelValue
from slicewise.sources import UnusableTextError

MAX_LABEL_VALUES: Final = 100
"""The most values that a list of a nodeSelector may have."""

_LONGEST: Final = 1000

_Several = Annotated[tuple[LabelValue, ...], Field(min_length=1, max_length=MAX_LABEL_VALUES)]


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - a type, as pydantic takes it
    return TypeAdapter(kind)


def _one_or_several(value: object, _: object) -> Any:  # noqa: ANN401 - what one of two adapters makes of it
    """Judge a list as a list and all else as text: of a union pydantic would say what is wrong with it as either."""
    if isinstance(value, str) and (several := _separated(value)):
        written = ", ".join(f'"{each}"' for each in several)
        raise UnusableTextError("is one text with several values", f"write [{written}]").for_pydantic()
    return _adapter(_Several if isinstance(value, list | tuple) else LabelValue).validate_python(value)


def _separated(text: str) -> list[str]:
    """Return the values that `text` has between commas; none where that is not what it is."""
    values = [each.strip() for each in text.split(",")] if len(text) <= _LONGEST else []
    return values if len(values) > 1 and all(each and LABEL_VALUE.fits(each) for each in values) else []


NodeSelector = dict[LabelKey, Annotated[LabelValue | _Several, WrapValidator(_one_or_several)]]
"""Labels, each with one value or a list of values."""
SelectedLabels = Mapping[str, frozenset[str]]
"""Labels that a node must have, each with the values of which it must have one."""


def selected_labels(selector: Mapping[str, str | tuple[str, ...]]) -> dict[str, frozenset[str]]:
    """Return what a nodeSelector requires of a node, by label: the one place that knows how it is written."""
    return {key: frozenset((said,) if isinstance(said, str) else said) for key, said in selector.items()}


def written_values(selector: Mapping[str, str | tuple[str, ...]]) -> Iterator[tuple[FieldPath, str, str]]:
    """Yield every value with its place below the nodeSelector and its label, as they are written."""
    for key, said in selector.items():
        if isinstance(said, str):
            yield (key,), key, said
        else:
            yield from (((key, number), key, value) for number, value in enumerate(said))


def selects(labels: SelectedLabels, node: Mapping[str, str]) -> bool:
    """Return whether a node with the labels `node` has one of the values of every label."""
    return all(node.get(key) in values for key, values in labels.items())


def exclude_each_other(one: SelectedLabels, other: SelectedLabels) -> bool:
    """Return whether no node can be selected by both: exactly where they have no value of one label in common."""
    return any(values.isdisjoint(other[key]) for key, values in one.items() if key in other)


def written_label(key: str, values: frozenset[str]) -> str:
    """Return one label as kubectl's `-l` has it: `zone=a`, or `zone in (a,b)`."""
    several = ",".join(sorted(values))
    return f"{key}={several}" if len(values) == 1 else f"{key} in ({several})"
