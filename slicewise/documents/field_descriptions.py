"""The sentence below each field of a type, as the JSON Schema has it: read from the source when a schema is made."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from types import ModuleType

from pydantic import BaseModel


def field_descriptions(model: type[BaseModel]) -> Mapping[str, str]:
    """Return what stands below each field of `model`, there or in a type that it extends, by the field's name."""
    types = reversed(model.__mro__[: model.__mro__.index(BaseModel)])
    return {name: text for each in types for name, text in _of_module(inspect.getmodule(each)).get(each.__name__, ())}


@cache
def _of_module(module: ModuleType | None) -> Mapping[str, Sequence[tuple[str, str]]]:
    statements = ast.parse(inspect.getsource(module)).body if module else ()
    return {each.name: [*_of_class(each)] for each in statements if isinstance(each, ast.ClassDef)}


def _of_class(written: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(written.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
