"""A digest of what documents say: equal for two checkouts that plan alike, whatever their files look like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from hashlib import sha256
from typing import Any

from slicewise.documents.fleet import Fleet


def documents_digest(fleet: Fleet) -> str:
    """Return a digest of every document, as `sha256:` and 64 hexadecimal digits.

    Files, comments, the order of documents and of fields, and the way in which an amount is written do not count.
    What a document leaves out does not, either, so a release with more fields has the same digest.
    """
    named = [
        *(("InferenceEnvironment", each.metadata.name, each) for each in fleet.environments),
        *((key.kind, f"{key.namespace}/{key.name}", each) for key, each in fleet.models.items()),
        *(("ModelDeployment", str(each.key), each) for each in fleet.deployments),
        *(("Quota", each.metadata.name, each) for each in fleet.quotas),
    ]
    documents = [(kind, name, _plain(each.model_dump(exclude_unset=True))) for kind, name, each in named]
    documents.sort(key=lambda each: each[:2])
    return text_digest(json.dumps(documents, sort_keys=True))


def text_digest(text: str) -> str:
    """Return the digest of a text, as `sha256:` and 64 hexadecimal digits."""
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a document has
    """Return the value as JSON data in which what has no order is sorted."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, AbstractSet):
        return sorted(map(str, value))
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | None) else str(value)
