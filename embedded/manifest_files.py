"""Files of Kubernetes objects, as projects publish them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

Manifest = dict[str, Any]


def read_documents(path: Path) -> list[Manifest]:
    """Return the objects in a YAML file."""
    with path.open("rb") as stream:
        return [document for document in yaml.load_all(stream, Loader=yaml.CSafeLoader) if document]
