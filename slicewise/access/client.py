"""A client of the cluster that a kubeconfig leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from slicewise.access.plain_yaml import read_plain

if TYPE_CHECKING:
    from lightkube import AsyncClient

_REQUEST_SECONDS: Final = 20.0


def open_client(kubeconfig: str) -> AsyncClient:
    """Return a client of the cluster of the current context of `kubeconfig`, a text that has been checked.

    Raises:
        Exception: whatever the libraries raise for what the checks let through; its text may have parts of the
            kubeconfig, so no more than its type may be shown.
    """
    # They cost 0.1 s to import: only here, where a cluster is asked.
    import httpx2  # noqa: PLC0415
    from lightkube import AsyncClient, KubeConfig  # noqa: PLC0415
    from lightkube.config.models import User  # noqa: PLC0415

    (document,) = read_plain(kubeconfig)
    for user in document.get("users") or []:
        plugin = (user.get("user") or {}).get("exec")
        if plugin and plugin.get("apiVersion") == "client.authentication.k8s.io/v1":
            # lightkube reads the same answer under this name only.
            plugin["apiVersion"] = "client.authentication.k8s.io/v1beta1"
    config = KubeConfig.from_dict(document).get()
    if config is None:
        message = "no current context"
        raise ValueError(message)
    if config.user is None:
        config = config._replace(user=User())
    cluster = next(each["cluster"] for each in document["clusters"] if each["name"] == config.context.cluster)
    # As Go does it, and so Pulumi: no proxy of the environment stands before this machine.
    local = urlsplit(config.cluster.server).hostname in ("localhost", "127.0.0.1", "::1")
    return AsyncClient(
        config=config,
        timeout=httpx2.Timeout(_REQUEST_SECONDS),
        trust_env=not local,
        proxy=cluster.get("proxy-url"),
    )


def refusal(error: Exception) -> str:
    """Return what the API server said, or that it says nothing; no more: other texts may have addresses and more."""
    from lightkube import ApiError  # noqa: PLC0415

    if isinstance(error, ApiError):
        return f"the cluster refuses to be asked: {error}"
    return f"the cluster's API server does not answer ({type(error).__name__})"
