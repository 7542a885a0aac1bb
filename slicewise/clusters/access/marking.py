"""The mark in every kubeconfig that is handed to Pulumi's provider, by which the copies it leaves are found."""

from __future__ import annotations

import json
from typing import Any

from slicewise.clusters.access.sweeper import MARK
from slicewise.sources import NotPlainYamlError, read_plain


def marked(text: str) -> str:
    """Return the kubeconfig `text` as JSON with one more extension, which clients keep and ignore.

    A text that is not a kubeconfig is returned as it is: no provider takes it, and so none writes it to a file. How a
    kubeconfig is written (order, quotes, comments) does not show in the result's values.
    """
    try:
        documents = read_plain(text)
    except NotPlainYamlError:
        return text
    if len(documents) != 1 or not isinstance(documents[0], dict):
        return text
    config: dict[str, Any] = documents[0]
    extensions = config.get("extensions")
    others = [entry for entry in extensions if not _is_mark(entry)] if isinstance(extensions, list) else []
    return json.dumps({**config, "extensions": [{"name": MARK, "extension": {}}, *others]})


def _is_mark(entry: object) -> bool:
    return isinstance(entry, dict) and entry.get("name") == MARK
