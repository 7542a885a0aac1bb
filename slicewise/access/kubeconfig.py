"""Whether a text is a kubeconfig that leads to a server. Nothing of its content is ever repeated in a message."""

from __future__ import annotations

from typing import Any

import yaml


class KubeconfigError(ValueError):
    """The text cannot be used as a kubeconfig; the message says why without repeating any of it."""


def read_server(text: object) -> str | None:
    """Return the URL of the server that the current context of the kubeconfig `text` leads to.

    Returns:
        The URL; None where a proxy stands between, so that the server need not answer from here.

    Raises:
        KubeconfigError: `text` is no kubeconfig, or its current context leads nowhere.
    """
    cluster = _current_cluster(_parse(text))
    server = cluster.get("server")
    if not isinstance(server, str) or not server.startswith(("https://", "http://")):
        message = "the current context's cluster has no server URL"
        raise KubeconfigError(message)
    return None if cluster.get("proxy-url") else server


def _parse(text: object) -> dict[str, Any]:
    if not isinstance(text, str):
        message = "it is not text; store the whole file as one string"
        raise KubeconfigError(message)
    try:
        data = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        # The parser's own message may quote the text.
        message = "it is not YAML"
        raise KubeconfigError(message) from None
    if not isinstance(data, dict) or data.get("kind") != "Config":
        message = "it has no `kind: Config`"
        raise KubeconfigError(message)
    return data


def _current_cluster(config: dict[str, Any]) -> dict[str, Any]:
    current = config.get("current-context")
    if not current:
        message = "it names no current-context"
        raise KubeconfigError(message)
    context = _named(config, "contexts", current, "context")
    user = context.get("user")
    if user:
        _named(config, "users", user, "user")
    return _named(config, "clusters", context.get("cluster"), "cluster")


def _named(config: dict[str, Any], section: str, name: object, key: str) -> dict[str, Any]:
    """Return the entry called `name` of a section such as `contexts: [{name, context}]`."""
    entries = config.get(section)
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get("name") == name and isinstance(entry.get(key), dict):
            found: dict[str, Any] = entry[key]
            return found
    message = f"the current context's {key} is not among its {section}"
    raise KubeconfigError(message)
