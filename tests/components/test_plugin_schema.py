"""The schema of the package for other languages has all that documents and the arguments of Fleet have."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator

from pydantic import BaseModel

from components import Fleet
from components.component_options import PlanOptions
from components.plugin.schema import package_schema
from slicewise.documents import KINDS

SCHEMA = package_schema()
TYPES = {token.rpartition(":")[2]: body for token, body in SCHEMA["types"].items()}
FLEET = SCHEMA["resources"]["slicewise:index:Fleet"]


def models(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """Yield a type of documents, and all that its fields are made of."""
    if model in seen:
        return
    seen.add(model)
    yield model
    for field in model.model_fields.values():
        pending = [field.annotation]
        while pending:
            kind = pending.pop()
            pending += typing.get_args(kind)
            if inspect.isclass(kind) and issubclass(kind, BaseModel):
                yield from models(kind, seen)


def test_every_field_of_every_document_is_there() -> None:
    seen: set[type[BaseModel]] = set()
    for kind, root in KINDS.items():
        for model in models(root, seen):
            name = f"{kind}Document" if model is root else model.__name__
            fields = {field.alias or field_name for field_name, field in model.model_fields.items()}
            assert set(TYPES[name]["properties"]) == fields, name
            required = {f.alias or n for n, f in model.model_fields.items() if f.is_required()}
            # The list says which kind of document it has.
            assert set(TYPES[name]["required"]) == required - ({"apiVersion", "kind"} if model is root else set()), name


def test_every_argument_of_fleet_is_there() -> None:
    named = set(inspect.signature(Fleet.__init__).parameters) - {"self", "name", "opts", "options", "previous_plan"}
    expected = named | set(typing.get_type_hints(PlanOptions))
    written = {"".join(f"_{c.lower()}" if c.isupper() else c for c in name) for name in FLEET["inputProperties"]}
    assert written == expected
    assert all(each["description"] for each in FLEET["inputProperties"].values())


def test_only_kubeconfigs_may_be_unknown() -> None:
    def not_plain(value: object, path: str) -> Iterator[str]:
        if isinstance(value, dict):
            if ("$ref" in value or isinstance(value.get("type"), str)) and value.get("plain") is not True:
                yield path
            for key, part in value.items():
                yield from not_plain(part, f"{path}/{key}")
        elif isinstance(value, list):
            for number, part in enumerate(value):
                yield from not_plain(part, f"{path}/{number}")

    inputs = {name: body for name, body in FLEET["inputProperties"].items() if name != "kubeconfigs"}
    assert list(not_plain(inputs, "")) == []
    properties = {name: body.get("properties", {}) for name, body in TYPES.items()}
    assert [path for name, body in properties.items() for path in not_plain({"p": list(body.values())}, name)] == []
    assert FLEET["inputProperties"]["kubeconfigs"]["secret"] is True


def test_the_go_sdk_defines_the_types_of_lists_that_it_uses() -> None:
    """Pulumi 3.259 (pkg/codegen/go/gen.go, populateDetailsForPropertyTypes) does so for plain lists only on request."""
    assert package_schema()["language"]["go"]["generateExtraInputTypes"] is True
