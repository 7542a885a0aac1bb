"""What pydantic found wrong with a document, as problems at their line, with what was expected."""

from __future__ import annotations

import difflib
import json
import re
import types
import typing
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from slicewise.spec import base, cluster, model
from slicewise.spec.codes import Code
from slicewise.spec.problems import FieldPath, Problem, dotted, quoted
from slicewise.spec.written import ERROR as WRITTEN_ERROR

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from slicewise.spec.yaml_source import SourceDocument

_PATTERNS = {
    base.DNS_LABEL: "lower-case letters, digits and -, beginning and ending with a letter or digit",
    base.DNS_1035: "lower-case letters, digits and -, beginning with a letter (it becomes a Service's name)",
    base.DNS_SUBDOMAIN: "lower-case letters, digits, - and ., beginning and ending with a letter or digit",
    base.LABEL_KEY: "a Kubernetes label key: [prefix/]name, the name of at most 63 letters, digits, -, _ and .",
    base.LABEL_VALUE: "a Kubernetes label value: at most 63 letters, digits, -, _ and .",
    base.DATA_KEY: "a key of a Secret: letters, digits, -, _ and .",
    model.MODEL_NAME: "letters, digits, -, _, . and /, beginning and ending with a letter or digit",
    model.REPOSITORY: "a Hugging Face repository: owner/name, of letters, digits, -, _ and .",
    model.REVISION: "a branch, tag or commit: letters, digits, -, _, . and /, beginning with a letter or digit",
    model.IMAGE: "an image name without spaces or braces",
    cluster.REFERENCE: "a secret's name: letters, digits and any of /_+=.@:-, beginning with a letter or digit",
    cluster.CLOUD_NAME: "letters, digits, -, _ and ., beginning with a letter or digit",
    cluster.PROJECT: "a Google Cloud project's id: lower-case letters, digits and -, beginning with a letter",
    cluster.VERSION: "a Kubernetes version such as 1.34",
    cluster.SUBNET: "a subnet's id, such as subnet-0123456789abcdef0",
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
    "invalid_key": "text as the name of a field",
}
# The block that goes with each `source`; those that other tools or later versions have are not judged by themselves.
_BLOCK_OF_SOURCE = {"HuggingFace": "huggingFace"}
# A document of other things can have an unknown field on every line; nobody reads so many.
MAX_PROBLEMS = 100
_LONGEST_NAME = 100


def schema_problems(document: SourceDocument, kind: type[BaseModel], error: ValidationError) -> list[Problem]:
    """Turn what pydantic found wrong with `document`, a `kind`, into problems, one a field."""
    errors = error.errors(include_url=False, include_context=True)
    wrong_sources = {
        details["loc"][:-1]: details["input"]
        for details in errors
        if details["loc"][-1] == "source" and details["type"] != "missing"
    }
    told = [
        details
        for details in errors
        if not _follows_from_source(details, wrong_sources) and not _follows_from_entries(details)
    ]
    problems = [_problem(document, kind, details) for details in told[:MAX_PROBLEMS]]
    if len(told) > MAX_PROBLEMS:
        message = f"{len(told) - MAX_PROBLEMS:,} more mistakes in this document; mend these first"
        problems.append(document.problem((), Code.BAD_VALUE, message, field=""))
    return problems


def _follows_from_source(details: ErrorDetails, wrong_sources: Mapping[FieldPath, object]) -> bool:
    """Return whether a wrong `source` explains the error: the block of the right one is missing, its own unknown."""
    path = details["loc"]
    if path[:-1] not in wrong_sources:
        return False
    if details["type"] == "missing":
        return path[-1] in _BLOCK_OF_SOURCE.values()
    return details["type"] == "extra_forbidden" and str(path[-1]).lower() == str(wrong_sources[path[:-1]]).lower()


def _follows_from_entries(details: ErrorDetails) -> bool:
    """Return whether a list is too short only because pydantic does not count the entries that are wrong."""
    return details["type"] == "too_short" and len(details["input"]) >= details["ctx"]["min_length"]


def _problem(document: SourceDocument, kind: type[BaseModel], error: ErrorDetails) -> Problem:
    path: FieldPath = error["loc"]
    if error["type"] == "missing":
        parent = dotted(path[:-1])
        message = f'"{path[-1]}" is required' + (f" in {parent}" if parent else "")
        return document.problem(path, Code.MISSING_FIELD, message, field=dotted(path))
    if error["type"] == "extra_forbidden":
        message = _unknown_field(kind, path)
        return document.problem(path, Code.UNKNOWN_FIELD, message, key=True, field=dotted(path))
    in_key = path[-1] == "[key]"
    if in_key:
        path = path[:-1]
    if error["type"] == "invalid_key":
        # pydantic's path has 1 for true.
        in_key, path = True, (*path[:-1], json.dumps(error["input"]))
    return document.problem(path, Code.BAD_VALUE, _bad_value(error), key=in_key, field=dotted(path))


def _bad_value(error: ErrorDetails) -> str:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    got = f"got {shown(value)}, expected"
    if kind == WRITTEN_ERROR:
        return f"{shown(value)} {error['msg']}"
    if expected := _TYPES.get(kind):
        return f"{got} {expected}{_type_remedy(value, expected)}"
    if kind == "string_pattern_mismatch":
        return f"{got} {_PATTERNS[context['pattern']]}"
    if kind in ("enum", "literal_error"):
        choices = str(context["expected"]).replace("'", '"')
        names = re.findall('"([^"]*)"', choices)
        return f"{got} {choices}{did_you_mean(value, names) if isinstance(value, str) else ''}"
    if kind in _LIMITS:
        key, words, noun = _LIMITS[kind]
        limit = context[key]
        amount = f"{len(value)} {noun}{'s' if len(value) != 1 else ''}" if noun else shown(value)
        return f"got {amount}, expected {words} {limit}{f' {noun}' if noun else ''}{'s' if noun and limit != 1 else ''}"
    message = error["msg"]
    return f"got {shown(value)}: {message[0].lower()}{message[1:]}"


# The key of pydantic's context that holds the limit, the words before it, and what is counted.
_LIMITS = {
    "greater_than_equal": ("ge", "at least", ""),
    "less_than_equal": ("le", "at most", ""),
    "too_short": ("min_length", "at least", "item"),
    "too_long": ("max_length", "at most", "item"),
    "string_too_short": ("min_length", "at least", "character"),
    "string_too_long": ("max_length", "at most", "character"),
}


def _type_remedy(value: object, expected: str) -> str:
    if value is None:
        return ": give it a value, or remove the field"
    if expected == "text" and isinstance(value, bool | int | float):
        return ": put it in quotes"
    if expected in ("a whole number", "true or false") and isinstance(value, str):
        return ": remove the quotes" if _is_plain(value, expected) else ""
    return ""


def _is_plain(text: str, expected: str) -> bool:
    """Return whether quotes are all that keeps `text` from being what was expected."""
    if expected == "true or false":
        return text in ("true", "false")
    return re.fullmatch("-?[0-9]{1,20}", text) is not None


def shown(value: object) -> str:
    """Write a value as its YAML looks, on one line; of lists and mappings only what they are."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int | float):
        return str(value)
    return "a list" if isinstance(value, list) else "a mapping"


def closest(text: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name closest to `text`, if one is close; 1.0 is the same but for capitals."""
    if len(text) > _LONGEST_NAME:
        return None
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(text.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[close[0]] if close else None


def did_you_mean(text: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return a hint with the known name closest to `text`, or nothing."""
    close = closest(text, known, cutoff)
    return f'; did you mean "{close}"?' if close else ""


def _unknown_field(kind: type[BaseModel], path: FieldPath) -> str:
    fields = sorted(_fields_at(kind, path[:-1]))
    # `namespace` is not a misspelt `name`.
    hint = did_you_mean(str(path[-1]), fields, cutoff=0.7)
    where = dotted(path[:-1]) or "the document"
    return f"{where} has no field {quoted(str(path[-1]))}" + (hint or f"; it has {', '.join(fields)}")


def _fields_at(kind: type[BaseModel], path: FieldPath) -> list[str]:
    """Return the names, as written in documents, of the fields of what stands at `path` in a `kind`."""
    for part in path:
        if isinstance(part, str):
            annotation = next((info.annotation for info in kind.model_fields.values() if info.alias == part), None)
            nested = _model_in(annotation)
            if nested is None:
                return []
            kind = nested
    return [info.alias or name for name, info in kind.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - any type annotation
    """Return the model inside `X`, `X | None`, `tuple[X, ...]` or `Annotated[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (tuple, typing.Union, types.UnionType, typing.Annotated):
        found = (_model_in(argument) for argument in typing.get_args(annotation))
        return next((kind for kind in found if kind), None)
    return None
