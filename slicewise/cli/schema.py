"""`slicewise schema`: the JSON Schema of documents."""

from __future__ import annotations

import json

from slicewise.cli.options import SchemaKind
from slicewise.cli.results import print_result
from slicewise.documents import any_schema, document_schema


def schema(kind: SchemaKind = None) -> None:
    """Print the JSON Schema of a kind of document, or of all kinds, for editors.

    Example: slicewise schema > schemas/slicewise.json
    """
    print_result(json.dumps(document_schema(kind.value) if kind else any_schema(), indent=2))
