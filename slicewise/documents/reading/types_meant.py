"""What to write instead of a value of another type: text for a list, a name for a mapping, `8.0` for a whole number."""

from __future__ import annotations

import re
from typing import Final

from slicewise.diagnostics import shown

# What is known by one field of it, so that the value alone is a natural thing to write.
_BY_FIELD: Final = {
    **dict.fromkeys(("ModelReference", "ModelIdentity", "KubeconfigReference"), "name"),
    **dict.fromkeys(("ClusterMetadata", "ClusterModelMetadata", "ModelMetadata", "DeploymentMetadata"), "name"),
    "HuggingFace": "repo",
}
_PLAIN: Final = re.compile(r"-{0,2}[A-Za-z][\w./=-]{0,60}", re.ASCII)
_EQUATION: Final = re.compile(r"([A-Za-z][\w./-]{0,100})=([\w./-]{1,100})", re.ASCII)
_NO_TEXT: Final = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})
_LONGEST_LIST: Final = 200
# Octal, hexadecimal, binary, spaced or sexagesimal: not every YAML reads such numbers, or reads them alike.
_OTHER_NOTATION: Final = re.compile("[-+]?0[0-9xob][0-9A-Fa-f_]*|[-+]?[0-9]+[_:][0-9_:]*")


def type_meant(value: object, expected: str, block: str) -> str:
    """Return what to write instead of `value`, or nothing where that is not clear.

    Args:
        value: What the document has.
        expected: The words for what belongs there: text, a list, a mapping, a whole number, true or false.
        block: The name of the mapping's class, where one is expected.
    """
    if value is None:
        return ": give it a value, or remove the field"
    remedies = {
        "text": _text,
        "a list": _list,
        "a whole number": _whole_number,
        "true or false": _truth,
    }
    return _mapping(value, block) if expected == "a mapping" else remedies[expected](value)


def _text(value: object) -> str:
    if isinstance(value, bool | int | float):
        return ": put it in quotes"
    is_mapping = isinstance(value, dict)
    return ": a colon and a space make a mapping, so put text that has them in quotes" if is_mapping else ""


def _whole_number(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return f": write {value:.0f}"
    if not isinstance(value, str):
        return ""
    if _OTHER_NOTATION.fullmatch(value):
        return ": write it in decimal, such as 8 or 10, without zeros before it"
    return ": remove the quotes" if re.fullmatch("-?[0-9]{1,20}", value) else ""


def _truth(value: object) -> str:
    return ": remove the quotes" if value in ("true", "false") else ""


def _list(value: object) -> str:
    if isinstance(value, dict):
        return ": begin it with `- `" if value else ""
    words = value.split() if isinstance(value, str) and len(value) <= _LONGEST_LIST else [value]
    if any(isinstance(word, str) and (word == "-" or word.startswith("---")) for word in words):
        return ": begin every entry with `- `, a dash and a space"
    return f": write [{', '.join(map(_in_flow, words))}]" if words else ""


def _mapping(value: object, block: str) -> str:
    if isinstance(value, list):
        return ": remove the `-` before its fields" if len(value) == 1 and isinstance(value[0], dict) else ""
    if block == "SecretReference":
        return (
            f": write {{name: {_in_flow(value)}, key: KEY}}, the Secret's name and the key in it that holds the token"
        )
    if field := _BY_FIELD.get(block):
        return f": write {{{field}: {_in_flow(value)}}}"
    pair = _EQUATION.fullmatch(value) if isinstance(value, str) else None
    return f": write {{{pair[1]}: {_in_flow(pair[2])}}}" if pair else ""


def _in_flow(value: object) -> str:
    """Write a value between brackets, in quotes where it is text that could be read otherwise there."""
    is_plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NO_TEXT
    return str(value) if is_plain else shown(value)
