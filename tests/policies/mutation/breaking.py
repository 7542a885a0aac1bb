"""Ways to break one resource of a stack."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from policies.rules.rule_types import Resource
from tests.policies.mutation.stacks import Config, Stack

Path = tuple[str | int, ...]
Break = Callable[[Stack, str], None]


@dataclass(frozen=True)
class Mutant:
    """A stack with one thing wrong in it.

    Attributes:
        name: What is wrong.
        target: The resource that it is in.
        breaks: Makes it so.
        rule: The rule that must find it.
        also: Rules that find it too, because one wrong field breaks what they are about as well.
        config: Of the rules.
    """

    name: str
    target: str
    breaks: Break
    rule: str
    also: tuple[str, ...] = ()
    config: Config = field(default_factory=dict)


def put(*path: str | int, value: object) -> Break:
    """Set a field; what leads to it is made where it is missing."""

    def breaks(stack: Stack, target: str) -> None:
        parent = _parent(stack.resources[target].properties, path)
        parent[path[-1]] = deepcopy(value)

    return breaks


def drop(*path: str | int) -> Break:
    """Remove a field."""

    def breaks(stack: Stack, target: str) -> None:
        del _parent(stack.resources[target].properties, path)[path[-1]]

    return breaks


def add(*path: str | int, value: object) -> Break:
    """Append to a list, which is made where it is missing."""

    def breaks(stack: Stack, target: str) -> None:
        parent = _parent(stack.resources[target].properties, path)
        parent[path[-1]] = [*parent.get(path[-1], []), deepcopy(value)]

    return breaks


def rename(*path: str | int, to: str) -> Break:
    """Give a field another name."""

    def breaks(stack: Stack, target: str) -> None:
        parent = _parent(stack.resources[target].properties, path)
        parent[to] = parent.pop(path[-1])

    return breaks


def turn(**attributes: Any) -> Break:  # noqa: ANN401 - attributes of several types
    """Change what the engine says of the resource, beside its properties."""

    def breaks(stack: Stack, target: str) -> None:
        stack.resources[target] = replace(stack.resources[target], **attributes)

    return breaks


def both(*breaks: Break) -> Break:
    """Break it in several places that only together are wrong."""

    def all_of_them(stack: Stack, target: str) -> None:
        for each in breaks:
            each(stack, target)

    return all_of_them


def twice(name: str, change: Break) -> Break:
    """Declare it a second time, as `name`, and change the second."""

    def breaks(stack: Stack, target: str) -> None:
        original: Resource = stack.resources[target]
        urn = f"{original.urn}-{name}"
        stack.resources[name] = replace(deepcopy(original), name=name, urn=urn)
        change(stack, name)

    return breaks


def _parent(properties: Any, path: Path) -> Any:  # noqa: ANN401 - a mapping or a list of anything
    for part in path[:-1]:
        properties = properties[part] if isinstance(part, int) else properties.setdefault(part, {})
    return properties
