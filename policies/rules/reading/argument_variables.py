"""Variables in arguments: what the kubelet, or the container's shell, puts in their place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.rules.reading.fields import Field

_NAME: Final = "[A-Za-z_][A-Za-z0-9_]*"
# $(NAME) is the kubelet's, ${NAME} and $NAME are a shell's; the kubelet reads two $ as one that means nothing.
_REFERENCE: Final = re.compile(rf"(?<!\$)\$(?:\(({_NAME})\)|\{{({_NAME})\}}|({_NAME}))")
_NOT_KNOWN: Final = "?"


def variables(container: Field) -> dict[str, Field]:
    """Return the values of a container's `env` by name; of several the last, as in Kubernetes."""
    env = container["env"]
    items = [item for item in (env.elements() if env.known else ()) if item.known and item["name"].known]
    return {name: item["value"] for item in items if (name := item["name"].text()) and item["value"].present}


def expanded(text: str, values: Mapping[str, Field]) -> str:
    """Return `text` with the values of its variables; one that is not known yet is not a size of anything."""

    def value(reference: re.Match[str]) -> str:
        field = values.get(_name(reference))
        if field is None:
            return reference[0]
        return (field.text() or "") if field.known else _NOT_KNOWN

    return _REFERENCE.sub(value, text)


def unknown_in(text: str, values: Mapping[str, Field]) -> Iterator[Field]:
    """Yield the variables of `text` whose value is not known yet."""
    for reference in _REFERENCE.finditer(text):
        field = values.get(_name(reference))
        if field is not None and not field.known:
            yield field


def _name(reference: re.Match[str]) -> str:
    return str(reference[reference.lastindex or 0])
