"""What pydantic found wrong with a document, as problems at their line, with what was expected."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from slicewise.spec import base
from slicewise.spec.codes import Code
from slicewise.spec.problems import FieldPath, Problem, dotted

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from slicewise.spec.yaml_source import SourceDocument

_PATTERNS = {
    base.DNS_LABEL: "lower-case letters, digits and -, beginning and ending with a letter or digit",
    base.DNS_1035: "lower-case letters, digits and -, beginning with a letter (it becomes a Service's name)",
    base.DNS_SUBDOMAIN: "lower-case letters, digits, - and ., beginning and ending with a letter or digit",
    base.LABEL_KEY: "a Kubernetes label key: [prefix/]name, the name of letters, digits, -, _ and .",
    base.LABEL_VALUE: "a Kubernetes label value: at most 63 letters, digits, -, _ and .",
}
_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
    "frozen_set_type": "a list",
}


def schema_problems(document: SourceDocument, model: type[BaseModel], errors: Iterable[ErrorDetails]) -> list[Problem]:
    """Turn the errors of validating `document` as a `model` into problems, one a field."""
    return [_problem(document, model, error) for error in errors]


def _problem(document: SourceDocument, model: type[BaseModel], error: ErrorDetails) -> Problem:
    path: FieldPath = error["loc"]
    kind = error["type"]
    if kind == "missing":
        parent = dotted(path[:-1])
        message = f'"{path[-1]}" is required' + (f" in {parent}" if parent else "")
        return document.problem(path, Code.MISSING_FIELD, message, field=dotted(path))
    if kind == "extra_forbidden":
        message = _unknown_field(model, path)
        return document.problem(path, Code.UNKNOWN_FIELD, message, key=True, field=dotted(path))
    in_key = path[-1] == "[key]"
    if in_key:
        path = path[:-1]
    return document.problem(path, Code.BAD_VALUE, _bad_value(error), key=in_key, field=dotted(path))


def _bad_value(error: ErrorDetails) -> str:
    kind, got, context = error["type"], error["input"], error.get("ctx", {})
    expected = _TYPES.get(kind)
    if expected:
        quotes = ": put it in quotes" if expected == "text" and isinstance(got, bool | int | float) else ""
        return f"got {_show(got)}, expected {expected}{quotes}"
    if kind == "string_pattern_mismatch":
        pattern = context["pattern"]
        return f"got {_show(got)}, expected {_PATTERNS.get(pattern, f'text of the form {pattern}')}"
    if kind in ("enum", "literal_error"):
        choices = context["expected"]
        names = [name.strip("'") for name in choices.replace(" or ", ", ").split(", ")]
        return f"got {_show(got)}, expected {choices}{did_you_mean(str(got), names)}"
    message = error["msg"]
    if kind in ("quantity", "bandwidth"):
        return message
    return f"got {_show(got)}: {message[0].lower()}{message[1:]}"


def _show(value: Any) -> str:  # noqa: ANN401 - anything that YAML can hold
    text = "true" if value is True else "false" if value is False else "nothing" if value is None else repr(value)
    limit = 60
    return text if len(text) <= limit else f"{text[:limit]}..."


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """Return a hint with the known name closest to `text`, or nothing."""
    close = difflib.get_close_matches(text, list(known), n=1, cutoff=0.6)
    return f'; did you mean "{close[0]}"?' if close else ""


def _unknown_field(model: type[BaseModel], path: FieldPath) -> str:
    fields = sorted(_fields_at(model, path[:-1]))
    hint = did_you_mean(str(path[-1]), fields)
    where = dotted(path[:-1]) or "the document"
    return f'{where} has no field "{path[-1]}"{hint}' + ("" if hint else f"; it has {', '.join(fields)}")


def _fields_at(model: type[BaseModel], path: FieldPath) -> list[str]:
    """Return the names, as written in documents, of the fields of the model that stands at `path` in `model`."""
    for part in path:
        if isinstance(part, str):
            annotation = next((info.annotation for info in model.model_fields.values() if info.alias == part), None)
            nested = _model_in(annotation)
            if nested is None:
                return []
            model = nested
    return [info.alias or name for name, info in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any type annotation
    """Return the model inside `X`, `X | None`, `tuple[X, ...]` or `Annotated[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (tuple, typing.Union, types.UnionType, typing.Annotated):
        found = (_model_in(argument) for argument in typing.get_args(annotation))
        return next((model for model in found if model), None)
    return None
