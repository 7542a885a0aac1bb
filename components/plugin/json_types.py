"""From JSON JsonSchema, which pydantic makes of the documents' types, to the types of a Pulumi package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

JsonSchema = Mapping[str, Any]
ANYTHING: Final = {"$ref": "pulumi.json#/Any"}
_SIMPLE: Final = ("boolean", "integer", "number", "string")


def package_types(package: str, documents: Mapping[str, JsonSchema], optional: Iterable[str]) -> dict[str, Any]:
    """Return the types of a package, by their tokens.

    Args:
        package: The package's name.
        documents: JSON Schemas of whole documents, by what the type of each is called.
        optional: Fields of documents that may be left out, because the argument says what they are.
    """
    left_out = set(optional)
    types = {}
    for name, schema in documents.items():
        required = [field for field in schema.get("required", ()) if field not in left_out]
        types[name] = {**schema, "required": required}
        types |= schema.get("$defs", {})
    return {token(package, name): _type(package, schema) for name, schema in types.items()}


def token(package: str, name: str) -> str:
    """Return what the package calls a type or a resource."""
    return f"{package}:index:{name}"


def reference(package: str, name: str) -> dict[str, Any]:
    """Return what refers to a type of the package. It is plain: its values must be known before anything is made."""
    return {"$ref": f"#/types/{token(package, name)}", "plain": True}


def _type(package: str, schema: JsonSchema) -> dict[str, Any]:
    described = {"description": schema["description"]} if "description" in schema else {}
    if "enum" in schema:
        return {"type": "string", "enum": [{"value": value} for value in schema["enum"]], **described}
    properties = {name: _property(package, each) for name, each in schema["properties"].items()}
    return {"type": "object", "properties": properties, "required": [*schema.get("required", ())], **described}


def _property(package: str, schema: JsonSchema) -> dict[str, Any]:
    described = {"description": schema["description"]} if "description" in schema else {}
    return {**_value(package, schema), **described}


def _value(package: str, schema: JsonSchema) -> dict[str, Any]:
    kinds = list(_kinds(package, schema))
    return kinds[0] if len(kinds) == 1 else {"oneOf": kinds, "plain": True}


def _kinds(package: str, schema: JsonSchema) -> Iterator[dict[str, Any]]:
    """Yield what a value may be, each once; that it may be null only says that it may be left out."""
    seen: list[dict[str, Any]] = []
    for each in schema.get("anyOf", [schema]):
        if each.get("type") == "null":
            continue
        for kind in _kinds(package, each) if "anyOf" in each else [_kind(package, each)]:
            if kind not in seen:
                seen.append(kind)
                yield kind


def _kind(package: str, schema: JsonSchema) -> dict[str, Any]:
    if "$ref" in schema:
        return reference(package, schema["$ref"].rpartition("/")[2])
    kind = schema.get("type")
    if kind == "array":
        return {"type": "array", "items": _value(package, schema["items"]), "plain": True}
    if kind == "object":
        values = [*schema.get("patternProperties", {}).values()] or [schema.get("additionalProperties")]
        inner = _value(package, values[0]) if isinstance(values[0], Mapping) else {**ANYTHING, "plain": True}
        return {"type": "object", "additionalProperties": inner, "plain": True}
    if kind not in _SIMPLE:
        message = f"a type of documents that a Pulumi package has no word for: {dict(schema)}"
        raise ValueError(message)
    const = {"const": schema["const"]} if "const" in schema else {}
    return {"type": kind, "plain": True, **const}
