"""What Pulumi's SDKs take: whether every part of what was registered is an input that they know, of the right type."""

from __future__ import annotations

import typing
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from typing import Any

import pulumi
from pulumi import _types


def not_taken(arguments: type, inputs: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield where `inputs`, by the names that providers see, is not what the SDK's `arguments` class takes."""
    types = _types.input_type_types(arguments)
    for name, value in inputs.items():
        here = f"{path}{name}"
        if name not in types:
            yield f"{here}: not among {', '.join(sorted(types))}"
        else:
            yield from _not_a(types[name], value, here)


def _not_a(wanted: Any, value: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - types and values of any kind
    origin, parts = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is typing.Union:
        # Of each input there are also those that are known later; what is registered is known.
        kinds = [each for each in parts if typing.get_origin(each) not in (Awaitable, pulumi.Output)]
        yield from min((list(_not_a(each, value, path)) for each in kinds), key=len)
    elif _types.is_input_type(wanted) and isinstance(value, Mapping):
        yield from not_taken(wanted, value, f"{path}.")
    elif origin is Mapping:
        for key, each in value.items():
            yield from _not_a(parts[1], each, f"{path}.{key}")
    elif origin is Sequence:
        for number, each in enumerate(value):
            yield from _not_a(parts[0], each, f"{path}[{number}]")
    elif not _is_a(wanted, value):
        yield f"{path}: {value!r} is no {wanted}"


def _is_a(wanted: Any, value: Any) -> bool:  # noqa: ANN401 - the same
    if typing.get_origin(wanted) is typing.Literal:
        return value in typing.get_args(wanted)
    if wanted is int:
        # Every number is one of JSON's on its way to the engine.
        return isinstance(value, float | int) and not isinstance(value, bool) and value == int(value)
    return wanted is Any or isinstance(value, wanted)
