"""What pydantic found wrong with a document, as problems at their line, with what was expected."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from slicewise.diagnostics import Code, Diagnostic, FieldPath, Statement, closest, counted, dotted, plural, shown
from slicewise.documents.patterns import pattern_of
from slicewise.documents.reading.memory_meant import within_unit
from slicewise.documents.reading.names_meant import name_meant
from slicewise.documents.reading.types_meant import type_meant
from slicewise.documents.unknown_fields import UnknownField, unknown_field
from slicewise.sources import ERROR as WRITTEN_ERROR
from slicewise.sources import EXPECTED, HIDDEN

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from slicewise.sources import SourceDocument

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
# Names of number formats in PyTorch, in vLLM's arguments and in papers.
_OTHER_CHOICES: Final = {
    **dict.fromkeys(("float32", "float", "f32", "single"), "fp32"),
    **dict.fromkeys(("float16", "half", "f16"), "fp16"),
    **dict.fromkeys(("bfloat16", "bfloat"), "bf16"),
    **dict.fromkeys(("float8", "e4m3", "e5m2", "fp8_e4m3", "fp8_e5m2", "float8_e4m3fn", "float8_e5m2"), "fp8"),
    **dict.fromkeys(("nvfp4", "mxfp4", "e2m1"), "fp4"),
    # And other words for the choices of other fields.
    **dict.fromkeys(("nvswitch", "sxm"), "nvlink"),
    **dict.fromkeys(("aks", "onprem", "on-prem", "byo"), "Existing"),
    **dict.fromkeys(("dra", "claims", "resourceclaim", "resourceclaims", "resourceclaimtemplate"), "claim"),
    **dict.fromkeys(("deviceclass", "extended", "extended-resource", "extendedresources"), "extendedResource"),
    **dict.fromkeys(("plugin", "device-plugin", "nvidia-device-plugin"), "devicePlugin"),
    "required": "only",
    "static": "Fixed",
}
# What is said in another field: one of the choices of this field -> the words, and where they belong.
_ELSEWHERE: Final = {
    "nvlink": (
        frozenset({"infiniband", "ib", "roce", "efa", "ethernet"}),
        "the network between nodes is interNodeBandwidth, for example ib-400g",
    ),
    "mixed": (frozenset({"none"}), "where GPUs are not cut into slices, leave migConfiguration out"),
}
_ANOTHER_ENGINE: Final = "to run another engine, leave name out, and write its image and command in engine"
_DIGITS: Final = re.compile("[0-9]+")
# A file of another tool can have an unknown field on every line: a few of them say enough.
MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class SchemaMismatch:
    """What of a document does not fit its kind's schema."""

    problems: list[Diagnostic]
    wrong: frozenset[FieldPath]
    """The fields that are wrong or missing: nothing can be concluded from them."""


def schema_mismatch(document: SourceDocument, kind: type[BaseModel], error: ValidationError) -> SchemaMismatch:
    """Return what pydantic found wrong with `document`, a `kind`: one problem a field, and none that only follows."""
    errors = error.errors(include_url=False, include_context=True)
    unknown = {
        details["loc"]: unknown_field(kind, details["loc"], document.data)
        for details in islice((details for details in errors if details["type"] == "extra_forbidden"), MAX_PROBLEMS)
    }
    meant = {path for field in unknown.values() for path in field.meant}
    wrong_sources = {
        details["loc"][:-1]: details["input"]
        for details in errors
        if details["loc"][-1] == "source" and details["type"] != "missing"
    }
    told = [
        details
        for details in errors
        if not _follows_from_source(details, wrong_sources)
        and not _follows_from_entries(details)
        and not _follows_from_unknown(details, meant)
    ]
    problems = [_problem(document, details, unknown) for details in told[:MAX_PROBLEMS]]
    if len(told) > MAX_PROBLEMS:
        more = len(told) - MAX_PROBLEMS
        message = f"{more:,} more {plural(more, 'mistake')} in this document"
        problems.append(document.error(Code.BAD_VALUE, message, "fix these first", more=more))
    wrong = {details["loc"] for details in errors if not (field := unknown.get(details["loc"])) or not field.meant}
    return SchemaMismatch(problems, frozenset(wrong | meant))


def _follows_from_unknown(details: ErrorDetails, meant: AbstractSet[FieldPath]) -> bool:
    """Return whether a field is missing only because it is written under another name, or in another place."""
    path = details["loc"]
    return details["type"] == "missing" and any(target[: len(path)] == path for target in meant)


def _follows_from_source(details: ErrorDetails, wrong_sources: Mapping[FieldPath, object]) -> bool:
    """Return whether a wrong `source` explains the error: its own block is unknown."""
    path = details["loc"]
    if path[:-1] not in wrong_sources:
        return False
    return details["type"] == "extra_forbidden" and str(path[-1]).lower() == str(wrong_sources[path[:-1]]).lower()


def _follows_from_entries(details: ErrorDetails) -> bool:
    """Return whether a list is too short only because pydantic does not count the entries that are wrong."""
    return details["type"] == "too_short" and len(details["input"]) >= details["ctx"]["min_length"]


def _problem(document: SourceDocument, error: ErrorDetails, unknown: Mapping[FieldPath, UnknownField]) -> Diagnostic:
    path: FieldPath = error["loc"]
    if error["type"] == "missing":
        parent = dotted(path[:-1])
        message = f'"{path[-1]}" is required{f" in {parent}" if parent else ""}'
        remedy = "add it"
        return document.error(Code.MISSING_FIELD, message, remedy, field=path)
    if error["type"] == "extra_forbidden":
        field = unknown[path]
        return document.error(Code.UNKNOWN_FIELD, field.message, field.remedy, field=path, key=True)
    if in_key := path[-1] == "[key]" or error["type"] == "invalid_key":
        path = path[:-1] if path[-1] == "[key]" else path
        if not isinstance(error["input"], str):
            # pydantic's path has 1 for true, and None for null.
            path = (*path[:-1], json.dumps(error["input"]))
            got = path[-1]
            message = f"got {got}, expected text as the name of a field: put it in quotes, or remove it"
            found = _found(error["input"])
            return document.error(Code.BAD_VALUE, message, field=path, key=True, **found)
    said = Statement(error["msg"]) if error["type"] == HIDDEN else within_unit(bad_value(error), document.data, path)
    return document.error(Code.BAD_VALUE, said.message, said.remedy, field=path, key=in_key, **said.facts)


def bad_value(error: ErrorDetails) -> Statement:
    """Return what was got and what was expected, in words of documents."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    got = f"got {shown(value)}, expected"
    if kind == WRITTEN_ERROR:
        return Statement(f"{shown(value)} {context['problem']}", context["remedy"], _found(value) | context["facts"])
    if expected := error["msg"] if kind == EXPECTED else _TYPES.get(kind):
        meant = "" if kind == EXPECTED else type_meant(value, expected, str(context.get("class_name")))
        return Statement(f"{got} {expected}{meant}", facts=_found(value) | {"expected": expected})
    if kind == "string_pattern_mismatch":
        pattern = pattern_of(context["pattern"])
        parts, remedy = name_meant(value, pattern)
        return Statement(f"{got} {pattern.expected}{parts}", remedy, {"expected": pattern.expected})
    if kind in ("enum", "literal_error"):
        choices = str(context["expected"]).replace("'", '"')
        names = re.findall('"([^"]*)"', choices)
        remedy = _choice_meant(value, names) if isinstance(value, str) else ""
        return Statement(
            f"{got} {choices}{_read_as_truth(value)}", remedy, _found(value) | {"allowed": names or _numbers(choices)}
        )
    if kind in _LIMITS:
        return _beyond(kind, value, context)
    message = error["msg"]
    return Statement(f"got {shown(value)}: {message[0].lower()}{message[1:]}", facts=_found(value))


def _numbers(choices: str) -> list[int]:
    return [int(number) for number in re.findall("[0-9]+", choices)]


def _beyond(kind: str, value: Any, context: Mapping[str, Any]) -> Statement:  # noqa: ANN401 - plain data
    """Say which limit a value, or its length, is beyond."""
    key, bound, noun = _LIMITS[kind]
    limit, found = context[key], len(value) if noun else value
    amount, most = (counted(found, noun), counted(limit, noun)) if noun else (shown(value), str(limit))
    return Statement(f"got {amount}, expected at {bound} {most}", facts={"found": found, bound: limit})


def _found(value: object) -> dict[str, Any]:
    """Return the value as a fact where it is a number or a truth value: text may be anything, and is in the place."""
    return {"found": value} if isinstance(value, int | float) else {}


# The key of pydantic's context that holds the limit, whether it is the least or the most, and what is counted.
_LIMITS = {
    "greater_than_equal": ("ge", "least", ""),
    "less_than_equal": ("le", "most", ""),
    "too_short": ("min_length", "least", "item"),
    "too_long": ("max_length", "most", "item"),
    "string_too_short": ("min_length", "least", "character"),
    "string_too_long": ("max_length", "most", "character"),
}


def _read_as_truth(value: object) -> str:
    """Say where a truth value may come from that was not written as one."""
    if not isinstance(value, bool):
        return ""
    return f" (YAML reads {'yes and on as true' if value else 'no and off as false'})"


def _choice_meant(value: str, choices: Sequence[str]) -> str:
    """Return a hint with the choice that `value` may mean: none with other digits, for fp64 is not nearly fp4.

    Nothing where there is one choice only, which is said already, unless another engine is meant.
    """
    if len(choices) == 1:
        return _ANOTHER_ENGINE if choices == ["vLLM"] and value.lower() != "vllm" else ""
    if (other := _OTHER_CHOICES.get(value.lower())) and other in choices:
        return f'did you mean "{other}"?'
    for field, (known, words) in _ELSEWHERE.items():
        if field in choices and value.lower() in known:
            return words
    close = closest(value, [choice for choice in choices if _DIGITS.findall(choice) == _DIGITS.findall(value)])
    return f'did you mean "{close}"?' if close else ""
