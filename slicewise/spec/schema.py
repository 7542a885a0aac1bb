"""The JSON Schema of the documents, for editors and other programs."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from slicewise.spec.quantity import Quantity
from slicewise.spec.validating import KINDS


class _SchemaWriter(GenerateJsonSchema):
    """Writes no titles, for they would only repeat the names of the fields; and quantities as documents have them."""

    def field_title_should_be_set(self, _schema: object) -> bool:
        """Return that no field needs a title."""
        return False

    def encode_default(self, dft: object) -> object:
        """Return a default as JSON has it."""
        return str(dft) if isinstance(dft, Quantity) else super().encode_default(dft)


def document_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the documents of `kind`, a key of KINDS."""
    model: type[BaseModel] = KINDS[kind]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(schema_generator=_SchemaWriter),
    }
