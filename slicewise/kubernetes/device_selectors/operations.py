"""What CEL's operators and functions make of values, as far as selectors of devices use them.

Sources: cel-spec; Kubernetes' libraries for quantities and semantic versions (k8s.io/apiserver, pkg/cel/library).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from slicewise.kubernetes.device_selectors.failures import CelError, NotUnderstoodError
from slicewise.kubernetes.quantity import quantity_value

CelValue = Any
"""A value of CEL as Python has it: bool, str, int, float, list, dict, None, or one of the types below."""


@dataclass(frozen=True, slots=True, order=True)
class Amount:
    """A value of Kubernetes' type quantity."""

    value: Decimal


@dataclass(frozen=True, slots=True, order=True)
class SemanticVersion:
    """A value of Kubernetes' type semver: its numbers, and after these whether it is no prerelease."""

    numbers: tuple[int, ...]
    is_final: bool
    prerelease: str


@dataclass(frozen=True, slots=True)
class Maybe:
    """A value of CEL's optional type."""

    value: CelValue = None
    is_there: bool = False


_VERSION: Final = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?")
# Python's matching of repeated groups takes exponential time, RE2's does not.
_REPEATED_GROUP: Final = re.compile(r"\)[*+?{]")
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def quantity(value: CelValue) -> Amount:
    """Return a quantity of text."""
    found = quantity_value(value) if isinstance(value, str) else None
    if found is None:
        raise CelError
    return Amount(found)


def semver(value: CelValue) -> SemanticVersion:
    """Return a semantic version of text."""
    match = _VERSION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise CelError
    return SemanticVersion(tuple(map(int, match.groups()[:3])), not match[4], match[4] or "")


def comparison_of(sign: str, left: CelValue, right: CelValue) -> bool:
    """Return the value of a comparison."""
    if sign in ("==", "!="):
        return (_kind(left) is _kind(right) and left == right) is (sign == "==")
    if sign == "in":
        return _is_in(left, right)
    if _kind(left) is not _kind(right) or not isinstance(left, str | int | float):
        raise CelError
    return _ORDERS[sign](left, right)


def field_of(value: CelValue, key: CelValue) -> CelValue:
    """Return what a map or list has at a key.

    Raises:
        CelError: it has nothing there.
    """
    if isinstance(value, Maybe):
        return Maybe(field_of(value.value, key), is_there=True) if value.is_there and has(value.value, key) else Maybe()
    if not has(value, key):
        raise CelError
    return value[key]


def has(value: CelValue, key: CelValue) -> bool:
    """Return whether a map or list has something at a key."""
    if isinstance(value, Mapping):
        return key in value or getattr(value, "default", None) is not None
    if isinstance(value, list) and type(key) is int:
        return 0 <= key < len(value)
    raise CelError


def optional_field(value: CelValue, key: CelValue) -> Maybe:
    """Return what a map or list has at a key, or nothing."""
    if isinstance(value, Maybe):
        return optional_field(value.value, key) if value.is_there else Maybe()
    return Maybe(value[key], is_there=True) if has(value, key) else Maybe()


def called(name: str, arguments: Sequence[Any]) -> CelValue:
    """Return the value of a function of its own."""
    functions: dict[tuple[str, int], Callable[..., Any]] = {
        ("quantity", 1): quantity,
        ("semver", 1): semver,
        ("isQuantity", 1): lambda value: quantity_value(value) is not None,
        ("size", 1): _size,
        ("string", 1): _string,
    }
    if (name, len(arguments)) not in functions:
        raise NotUnderstoodError
    return functions[name, len(arguments)](*arguments)


def method(name: str, value: CelValue, arguments: Sequence[Any]) -> CelValue:
    """Return the value of a method of `value`."""
    methods: tuple[tuple[type | tuple[type, ...], Mapping[tuple[str, int], Callable[..., Any]]], ...] = (
        (str, _TEXT),
        ((Amount, SemanticVersion), _ORDERED),
        (Maybe, _OPTIONAL),
        ((list, dict), {("size", 0): len}),
    )
    known = [(kind, of) for kind, of in methods if (name, len(arguments)) in of]
    if not known:
        raise NotUnderstoodError
    for kind, of in known:
        if isinstance(value, kind):
            return of[name, len(arguments)](value, *arguments)
    raise CelError


def _kind(value: CelValue) -> type:
    # In CEL numbers of all types compare, and a bool is not a number.
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def _is_in(left: CelValue, right: CelValue) -> bool:
    if isinstance(right, list):
        return any(comparison_of("==", left, each) for each in right)
    if isinstance(right, Mapping):
        return left in right
    raise CelError


def _size(value: CelValue) -> int:
    if isinstance(value, str | list | Mapping):
        return len(value)
    raise CelError


def _string(value: CelValue) -> str:
    if isinstance(value, str):
        return value
    raise NotUnderstoodError


def _matches(value: str, pattern: CelValue) -> bool:
    if not isinstance(pattern, str):
        raise CelError
    if _REPEATED_GROUP.search(pattern):
        raise NotUnderstoodError
    try:
        return re.search(pattern, value) is not None
    except re.error as error:
        raise NotUnderstoodError from error


def _of_text(function: Callable[[str, str], Any]) -> Callable[[str, Any], Any]:
    def applied(value: str, argument: CelValue) -> CelValue:
        if not isinstance(argument, str):
            raise CelError
        return function(value, argument)

    return applied


def _of_same(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def applied(value: CelValue, argument: CelValue) -> CelValue:
        if type(argument) is not type(value):
            raise CelError
        return function(value, argument)

    return applied


def _or_value(value: Maybe, otherwise: CelValue) -> CelValue:
    return value.value if value.is_there else otherwise


def _or(value: Maybe, otherwise: CelValue) -> CelValue:
    if not isinstance(otherwise, Maybe):
        raise CelError
    return value if value.is_there else otherwise


def _there(value: Maybe) -> CelValue:
    if not value.is_there:
        raise CelError
    return value.value


_TEXT: Final[Mapping[tuple[str, int], Callable[..., Any]]] = {
    ("matches", 1): _matches,
    ("startsWith", 1): _of_text(str.startswith),
    ("endsWith", 1): _of_text(str.endswith),
    ("contains", 1): _of_text(str.__contains__),
    ("lowerAscii", 0): lambda value: re.sub("[A-Z]+", lambda match: match[0].lower(), value),
    ("upperAscii", 0): lambda value: re.sub("[a-z]+", lambda match: match[0].upper(), value),
    ("trim", 0): str.strip,
    ("size", 0): len,
}
_ORDERED: Final[Mapping[tuple[str, int], Callable[..., Any]]] = {
    ("compareTo", 1): _of_same(lambda value, other: (value > other) - (value < other)),
    ("isGreaterThan", 1): _of_same(operator.gt),
    ("isLessThan", 1): _of_same(operator.lt),
}
_OPTIONAL: Final[Mapping[tuple[str, int], Callable[..., Any]]] = {
    ("orValue", 1): _or_value,
    ("or", 1): _or,
    ("hasValue", 0): lambda value: value.is_there,
    ("value", 0): _there,
}
