"""Fields that a document has and its kind does not: what was meant, and where that belongs."""

from __future__ import annotations

import types
import typing
from collections.abc import Container, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from slicewise.diagnostics import FieldPath, closest, dotted, quoted
from slicewise.documents.base import Selector
from slicewise.documents.other_names import other_name, plain

# Instead of the index of a list, in the path of a field that is in every entry.
_EACH: Final = "[]"
# Names that are used everywhere, such as `name`, say nothing about where they belong.
_EVERYWHERE: Final = frozenset({"name", "key"})
_MOST_PLACES: Final = 2

_Template = tuple[str, ...]


class UnknownField(NamedTuple):
    """What to say of it, and the fields that were meant: that these are missing needs no second error."""

    message: str
    remedy: str
    meant: tuple[FieldPath, ...]


def unknown_field(kind: type[BaseModel], path: FieldPath, document: object = None) -> UnknownField:
    """Return what to say of the field at `path` of a document of `kind`, which has no such field.

    Args:
        kind: The kind of document.
        path: Where the field is.
        document: The document, as plain data.
    """
    parent, name = path[:-1], str(path[-1])
    where = dotted(parent) or "the document"
    hint, meant = _hint(kind, parent, name, _beside(document, parent))
    return UnknownField(f"{where} has no field {quoted(name)}", hint, meant)


def _beside(data: Any, parent: FieldPath) -> Container[object]:  # noqa: ANN401 - plain data
    """Return the mapping at `parent`, if there is one."""
    if data is None:
        return ()
    for part in parent:
        data = data[part]
    return data if isinstance(data, dict) else ()


def _hint(
    kind: type[BaseModel], parent: FieldPath, name: str, beside: Container[object]
) -> tuple[str, tuple[FieldPath, ...]]:
    owner = model_at(kind, parent)
    fields = sorted(aliases(owner)) if owner else []
    if (spelled := next((field for field in fields if plain(field) == plain(name)), None)) is not None:
        return _spelling(spelled, beside), ((*parent, spelled),)
    template = tuple(part for part in parent if isinstance(part, str))
    if other := other_name(kind.__name__, ".".join((*template, name))):
        return other.advice, tuple(_target(parent, target) for target in other.targets)
    if owner is Selector:
        return 'labels are below matchLabels: write matchLabels: {KEY: "VALUE"}', ()
    if places := _elsewhere(kind, template, name):
        texts = [_text(parent, place) for place in places]
        return f"write it as {' or '.join(texts)}", tuple(_placed(parent, place) for place in places)
    # `namespace` is not a misspelt `name`.
    if (close := closest(name, fields, cutoff=0.7)) is not None:
        return _spelling(close, beside), ((*parent, close),)
    return f"it has {', '.join(fields)}", ()


def _spelling(right: str, beside: Container[object]) -> str:
    return f"{quoted(right)} is there already; remove this" if right in beside else f'did you mean "{right}"?'


def _target(parent: FieldPath, target: str) -> FieldPath:
    if target.startswith("/"):
        return tuple(target[1:].split("."))
    return (*parent, *target.split("."))


def _elsewhere(kind: type[BaseModel], parent: _Template, name: str) -> list[_Template]:
    """Return where in a document fields of that name are, if that is clear: below `parent`, or in one place only."""
    if name in _EVERYWHERE and parent:
        return []
    places = [place for place in _places(kind).get(plain(name), ()) if _names(place)[:-1] != parent]
    if name == "namespace":
        # That of the document; a Gateway's own is meant by nobody who writes it elsewhere.
        places = [place for place in places if place[0] == "metadata"]
    below = [place for place in places if _names(place)[: len(parent)] == parent]
    if below:
        least = min(map(len, below))
        nearest = [place for place in below if len(place) == least]
        return nearest if len(nearest) <= _MOST_PLACES else []
    return places if len(places) == 1 else []


def _names(place: _Template) -> _Template:
    return tuple(part for part in place if part != _EACH)


def _placed(parent: FieldPath, place: _Template) -> FieldPath:
    """Return `place` with the indices of `parent` as far as the two go together, and no further than is known."""
    path: list[str | int] = []
    for number, part in enumerate(place):
        together = path == list(parent[:number])
        if part != _EACH:
            path.append(part)
        elif together and number < len(parent):
            path.append(parent[number])
        else:
            break
    return tuple(path)


def _text(parent: FieldPath, place: _Template) -> str:
    """Write `place` as seen from `parent` where it is below, or as a whole."""
    names = _names(tuple(part for part in parent if isinstance(part, str)))
    below = _names(place)[: len(names)] == names
    shown = place[len(parent) :] if below else place
    return ".".join(shown).replace(f".{_EACH}", _EACH)


@lru_cache
def _places(kind: type[BaseModel]) -> dict[str, list[_Template]]:
    """Return where the fields of a `kind` are, by their plain names."""
    found: dict[str, list[_Template]] = {}
    for place in _walk(kind, ()):
        found.setdefault(plain(place[-1]), []).append(place)
    return found


def _walk(kind: type[BaseModel], path: _Template) -> Iterator[_Template]:
    for name, info in kind.model_fields.items():
        here = (*path, info.alias or name)
        yield here
        nested, in_list = _model_in(info.annotation)
        if nested:
            yield from _walk(nested, (*here, _EACH) if in_list else here)


def model_at(kind: type[BaseModel], path: FieldPath) -> type[BaseModel] | None:
    """Return the model of what is at `path` in a `kind`."""
    for part in path:
        if isinstance(part, str):
            annotation = next((info.annotation for info in kind.model_fields.values() if info.alias == part), None)
            nested, _ = _model_in(annotation)
            if nested is None:
                return None
            kind = nested
    return kind


def aliases(kind: type[BaseModel]) -> list[str]:
    """Return the names that documents have for the fields of a `kind`."""
    return [info.alias or name for name, info in kind.model_fields.items()]


def _model_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:  # noqa: ANN401 - any type annotation
    """Return the model inside `X`, `X | None`, `tuple[X, ...]` or `Annotated[X, ...]`, and whether in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    origin = typing.get_origin(annotation)
    if origin in (tuple, typing.Union, types.UnionType, typing.Annotated):
        for argument in typing.get_args(annotation):
            nested, in_list = _model_in(argument)
            if nested:
                return nested, in_list or origin is tuple
    return None, False
