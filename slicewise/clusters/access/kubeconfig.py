"""Whether a text is a kubeconfig that leads to a server. Nothing of its content is ever repeated in a message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from slicewise.sources import NotPlainYamlError, read_plain


class KubeconfigError(ValueError):
    """The text cannot be used as a kubeconfig; the message says why without repeating any of it."""


@dataclass(frozen=True, slots=True)
class CurrentContext:
    """What the current context of a kubeconfig consists of.

    Attributes:
        server: The URL of its cluster's API server.
        cluster: The cluster's entry.
        user: The user's entry; empty where the context has no user.
    """

    server: str = field(repr=False)
    cluster: dict[str, Any] = field(repr=False)
    user: dict[str, Any] = field(repr=False)


def read_context(text: object) -> CurrentContext:
    """Return the current context of the kubeconfig `text`.

    Raises:
        KubeconfigError: `text` is not a kubeconfig, or its current context leads nowhere.
    """
    config = _parse(text)
    current = config.get("current-context")
    if not current:
        message = "it names no current-context"
        raise KubeconfigError(message)
    context = _named(config, "contexts", current, "context")
    name = context.get("user")
    user = _named(config, "users", name, "user") if name else {}
    cluster = _named(config, "clusters", context.get("cluster"), "cluster")
    server = cluster.get("server")
    if not isinstance(server, str) or not _is_url(server):
        message = "the cluster of its current context has no server URL"
        raise KubeconfigError(message)
    return CurrentContext(server, cluster, user)


def _is_url(server: str) -> bool:
    try:
        parts = urlsplit(server)
        # Reading the port is what checks it.
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _parse(text: object) -> dict[str, Any]:
    if not isinstance(text, str):
        message = "it is not text; store the whole file as one string"
        raise KubeconfigError(message)
    try:
        documents = read_plain(text)
    except NotPlainYamlError:
        message = "it is not YAML that can be read (a slip in the indentation, or a key that is written twice?)"
        raise KubeconfigError(message) from None
    if len(documents) > 1:
        # Pulumi's provider reads the first and drops the others, silently.
        message = f"it holds {len(documents)} YAML documents; keep the one that is the kubeconfig, without `---` lines"
        raise KubeconfigError(message)
    if not documents:
        message = "it is empty"
        raise KubeconfigError(message)
    if not isinstance(documents[0], dict) or documents[0].get("kind") != "Config":
        message = "it has no `kind: Config`"
        raise KubeconfigError(message)
    data: dict[str, Any] = documents[0]
    return data


def _named(config: dict[str, Any], section: str, name: object, key: str) -> dict[str, Any]:
    """Return the entry called `name` of a section such as `contexts: [{name, context}]`."""
    entries = config.get(section)
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and entry.get("name") == name and isinstance(entry.get(key), dict):
            found: dict[str, Any] = entry[key]
            return found
    whose = "it has a current-context that" if key == "context" else f"its current context has a {key} that"
    message = f"{whose} is not among its {section}"
    raise KubeconfigError(message)
