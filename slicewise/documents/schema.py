"""The JSON Schema of the documents, for editors and other programs."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from slicewise.documents.field_descriptions import field_descriptions
from slicewise.documents.reading import KINDS
from slicewise.kubernetes import Quantity

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class _SchemaWriter(GenerateJsonSchema):
    """Writes no titles, for they would only repeat the names of the fields; and quantities as documents have them."""

    def field_title_should_be_set(self, _schema: object) -> bool:
        """Return that no field needs a title."""
        return False

    def encode_default(self, dft: object) -> object:
        """Return a default as JSON has it."""
        return str(dft) if isinstance(dft, Quantity) else super().encode_default(dft)

    def model_schema(self, schema: Any) -> dict[str, Any]:  # noqa: ANN401 - pydantic's own type for it
        """Return the schema of a type: each field with the sentence below it."""
        model, described = schema["cls"], super().model_schema(schema)
        for name, text in field_descriptions(model).items():
            described["properties"][model.model_fields[name].alias]["description"] = text
        return described

    def dict_schema(self, schema: Any) -> dict[str, Any]:  # noqa: ANN401 - pydantic's own type for it
        """Return the schema of a map of labels: pydantic describes the keys that it allows, and forbids no other."""
        described = super().dict_schema(schema)
        return {**described, "additionalProperties": False} if "patternProperties" in described else described


def document_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the documents of `kind`, a key of KINDS."""
    model: type[BaseModel] = KINDS[kind]
    return {"$schema": _DIALECT, **model.model_json_schema(schema_generator=_SchemaWriter)}


def any_schema() -> dict[str, Any]:
    """Return the JSON Schema of a document of any kind: editors check each document of a file by itself."""
    definitions: dict[str, Any] = {}
    for kind in KINDS:
        schema = document_schema(kind)
        del schema["$schema"]
        # The kinds share definitions, which are the same in each.
        definitions |= schema.pop("$defs")
        definitions[kind] = schema
    return {
        "$schema": _DIALECT,
        "description": "A Slicewise document. Its kind determines which fields it has.",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "properties": {"kind": {"enum": list(KINDS), "description": "The kind of document."}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{kind}"},
            }
            for kind in KINDS
        ],
        "$defs": dict(sorted(definitions.items())),
    }
