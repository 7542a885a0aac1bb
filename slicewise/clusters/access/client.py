"""A client of the cluster that a kubeconfig leads to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from slicewise.clusters.access.kubeconfig import read_context
from slicewise.clusters.access.refusals import REQUEST_SECONDS

if TYPE_CHECKING:
    import httpx2
    from lightkube import AsyncClient

_ONLY: Final = "current"


def open_client(kubeconfig: str) -> AsyncClient:
    """Return a client of the cluster of the current context of `kubeconfig`, a text that has been checked.

    Raises:
        Exception: whatever the libraries raise for what the checks let through; its text may have parts of the
            kubeconfig, so no more may be shown than what `refusal_of` says of it.
    """
    # Imported here: they take 0.1 s, and plans without clusters do not need them.
    import httpx2  # noqa: PLC0415
    from lightkube import AsyncClient, KubeConfig  # noqa: PLC0415
    from lightkube.config.client_adapter import ExecAuth  # noqa: PLC0415

    from slicewise.clusters.access.exec_plugin import PluginAuth  # noqa: PLC0415

    context = read_context(kubeconfig)
    # An empty field is one that is not there, and what other contexts need does not matter.
    cluster, user = (
        {name: value for name, value in entry.items() if value} for entry in (context.cluster, context.user)
    )
    config = KubeConfig.from_dict(
        {
            "current-context": _ONLY,
            "contexts": [{"name": _ONLY, "context": {"cluster": _ONLY, "user": _ONLY}}],
            "clusters": [{"name": _ONLY, "cluster": cluster}],
            "users": [{"name": _ONLY, "user": user}],
        }
    )
    # As Go does it, and so Pulumi: no proxy of the environment is used for this machine.
    local = urlsplit(context.server).hostname in ("localhost", "127.0.0.1", "::1")
    client = AsyncClient(
        config=config,
        timeout=httpx2.Timeout(REQUEST_SECONDS),
        trust_env=not local,
        proxy=cluster.get("proxy-url"),
    )
    # lightkube has no parameters for what follows.
    generic: Any = client._client  # noqa: SLF001
    generic.send = _sending_again(generic.send)
    http: httpx2.AsyncClient = generic._client  # noqa: SLF001
    if isinstance(http.auth, ExecAuth):
        http.auth = PluginAuth(user["exec"])
    http.headers = httpx2.Headers([*http.headers.raw, *_impersonation(user)])
    if "tls-server-name" in cluster:
        http.event_hooks = {"request": [_named(cluster["tls-server-name"])]}
    return client


async def close_client(client: AsyncClient) -> None:
    """Close what `open_client` opened; an error in it says nothing about what was asked, and hides no answer."""
    with suppress(Exception):
        await client.close()


def _sending_again(send: Callable[..., Awaitable[httpx2.Response]]) -> Callable[..., Awaitable[httpx2.Response]]:
    """Return `send` that tries once more where a connection breaks off: load balancers drop those that have aged.

    Nothing that Slicewise asks changes a cluster, so whether the first request was heard does not matter.
    """
    import httpx2  # noqa: PLC0415 - heavy, and only needed with a cluster

    async def send_twice(request: httpx2.Request, **options: Any) -> httpx2.Response:  # noqa: ANN401 - httpx2's own
        try:
            return await send(request, **options)
        except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
            return await send(request, **options)

    return send_twice


def _impersonation(user: Mapping[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the headers by which a user acts as another.

    Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
    """
    if "as" in user:
        yield b"Impersonate-User", user["as"].encode()
    if "as-uid" in user:
        yield b"Impersonate-Uid", user["as-uid"].encode()
    for group in user.get("as-groups", []):
        yield b"Impersonate-Group", group.encode()
    for name, values in user.get("as-user-extra", {}).items():
        for value in values:
            yield f"Impersonate-Extra-{quote(name, safe='')}".encode(), value.encode()


def _named(name: str) -> Any:  # noqa: ANN401 - httpx2 names no type for it
    async def expect(request: httpx2.Request) -> None:
        request.extensions["sni_hostname"] = name

    return expect
