"""What is wrong with a kubeconfig, and what is weak in it, judged by its text alone. None of it is ever repeated."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, Final
from urllib.parse import urlsplit

from slicewise.clusters.access.kubeconfig import CurrentContext

# Each field that names a file, and the one that is taken in its place where both are there (client-go, clientcmd).
_CLUSTER_FILES: Final = {"certificate-authority": "certificate-authority-data"}
_USER_FILES: Final = {
    "client-certificate": "client-certificate-data",
    "client-key": "client-key-data",
    "tokenFile": "token",
}
# What client-go takes (clientcmd's validation, rest/exec.go).
_PROXIES: Final = ("http", "https", "socks5")
_PLUGIN_VERSIONS: Final = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
# What an HTTP header may hold; a token may not hold a blank either.
_TOKEN: Final = re.compile(r"[!-~]+")
_HEADER: Final = re.compile(r"[^\x00-\x1f\x7f]*")


class Weakness(Enum):
    """What works, and deserves a look."""

    UNVERIFIED = auto()
    PASSWORD = auto()
    EXPIRED = auto()
    NO_AUTHORITY = auto()


@dataclass(frozen=True, slots=True)
class KubeconfigFlaws:
    """What the current context of a kubeconfig needs, and what was found in it.

    Attributes:
        flaws: What keeps it from working, each in a few words.
        weaknesses: What works and deserves a look, each with what to do.
        files: The files that it needs, by the field that names them.
        plugin: The program that fetches its credential, if there is one.
    """

    flaws: tuple[str, ...]
    weaknesses: tuple[tuple[Weakness, str], ...]
    files: dict[str, str] = field(repr=False)
    plugin: str | None = field(repr=False)


def find_flaws(context: CurrentContext, now: datetime) -> KubeconfigFlaws:
    """Judge the current context of a kubeconfig; `now` (with a time zone) is when certificates must be valid."""
    cluster, user = context.cluster, context.user
    plugin = user.get("exec")
    command = plugin.get("command") if isinstance(plugin, dict) else None
    return KubeconfigFlaws(
        flaws=(*_cluster_flaws(context), *_user_flaws(user)),
        weaknesses=(*_cluster_weaknesses(context), *_user_weaknesses(user, now)),
        files=_files(cluster, _CLUSTER_FILES) | _files(user, _USER_FILES),
        plugin=command if isinstance(command, str) and command else None,
    )


def is_token(text: str) -> bool:
    """Return whether `text` can be sent as a token: printable characters of ASCII, without white space."""
    return bool(_TOKEN.fullmatch(text))


def _files(entry: dict[str, Any], fields: dict[str, str]) -> dict[str, str]:
    found = {name: entry[name] for name, instead in fields.items() if entry.get(name) and not entry.get(instead)}
    return {name: path for name, path in found.items() if isinstance(path, str)}


def _cluster_flaws(context: CurrentContext) -> Iterator[str]:
    cluster = context.cluster
    if "@" in urlsplit(context.server).netloc:
        yield "its server URL has a user or a password in it, which belong in the user's entry"
    skips = cluster.get("insecure-skip-tls-verify")
    if skips not in (None, True, False):
        yield "insecure-skip-tls-verify is not true or false"
    if skips is True and (cluster.get("certificate-authority-data") or cluster.get("certificate-authority")):
        yield "it has a certificate authority and insecure-skip-tls-verify, which exclude each other; remove the latter"
    yield from _not_text(
        cluster, ("certificate-authority", "certificate-authority-data", "proxy-url", "tls-server-name")
    )
    yield from _no_pem(cluster, "certificate-authority-data", "a certificate")
    proxy = cluster.get("proxy-url")
    if isinstance(proxy, str) and proxy and not _is_proxy(proxy):
        yield "its proxy-url is not a proxy's URL; write http://, https:// or socks5:// before its host and port"


def _user_flaws(user: dict[str, Any]) -> Iterator[str]:
    yield from _not_text(user, (*_USER_FILES, *_USER_FILES.values(), "username", "password"))
    yield from _no_pem(user, "client-certificate-data", "a certificate")
    yield from _no_pem(user, "client-key-data", "a private key")
    yield from _key_flaws(user)
    token = user.get("token")
    if isinstance(token, str) and token and not is_token(token):
        yield "its token has white space or control characters; store the token alone, on one line"
    has = {part: bool(user.get(f"client-{part}") or user.get(f"client-{part}-data")) for part in ("certificate", "key")}
    if has["certificate"] != has["key"]:
        there, missing = ("certificate", "key") if has["certificate"] else ("key", "certificate")
        yield f"its user has a client-{there} and no client-{missing}"
    if user.get("auth-provider"):
        yield "its user has an auth-provider, which Kubernetes 1.26 removed from its clients; use an exec plugin"
    plugin = user.get("exec")
    if plugin and not (isinstance(plugin, dict) and isinstance(plugin.get("command"), str) and plugin["command"]):
        yield "its exec plugin names no command"
    elif plugin and plugin.get("apiVersion") not in _PLUGIN_VERSIONS:
        yield f"its exec plugin's apiVersion is not {' or '.join(_PLUGIN_VERSIONS)}; have the kubeconfig written anew"
    yield from _impersonation_flaws(user)


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url)
        # Reading the port is what checks it.
        return parts.scheme in _PROXIES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _key_flaws(user: dict[str, Any]) -> Iterator[str]:
    certificate, key = user.get("client-certificate-data"), user.get("client-key-data")
    if not isinstance(certificate, str) or not isinstance(key, str) or _end(certificate) is None:
        return
    from cryptography import x509  # noqa: PLC0415 - as below
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        fits = load_pem_private_key(_decode(key), None).public_key()
    except TypeError:
        yield "client-key-data is encrypted, and its password cannot be asked for; store the key decrypted"
    except (ValueError, UnsupportedAlgorithm):
        # Another flaw has said what the key is instead, or the TLS handshake will fail.
        return
    else:
        if fits != x509.load_pem_x509_certificate(_decode(certificate)).public_key():
            yield "client-key-data is not the key of client-certificate-data; store the two that belong together"


def _impersonation_flaws(user: dict[str, Any]) -> Iterator[str]:
    groups, extra = user.get("as-groups") or [], user.get("as-user-extra") or {}
    yield from _not_text(user, ("as", "as-uid"))
    if not _texts(groups):
        yield "as-groups is not a list of texts"
    if not isinstance(extra, dict) or not all(map(_texts, extra.values())):
        yield "as-user-extra is not lists of texts by name"
    if not user.get("as") and (user.get("as-uid") or groups or extra):
        yield "its user has as-uid, as-groups or as-user-extra and no as; name in `as` whom they belong to"
    if not all(_HEADER.fullmatch(text) for text in (user.get("as"), user.get("as-uid")) if isinstance(text, str)):
        yield "as and as-uid have line breaks or control characters; write each on one line"


def _texts(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(each, str) and _HEADER.fullmatch(each) for each in found)


def _cluster_weaknesses(context: CurrentContext) -> Iterator[tuple[Weakness, str]]:
    cluster = context.cluster
    if context.server.startswith("http://"):
        message = (
            "its server URL is http://, so that credentials travel in clear and anybody between can change what is "
            "applied; use the https:// address"
        )
        yield Weakness.UNVERIFIED, message
    elif cluster.get("insecure-skip-tls-verify") is True:
        message = (
            "it has insecure-skip-tls-verify, so that anybody between can pose as the cluster and take the "
            "credentials; put the cluster's certificate-authority-data in its place"
        )
        yield Weakness.UNVERIFIED, message
    elif not cluster.get("certificate-authority-data") and not cluster.get("certificate-authority"):
        message = (
            "it has no certificate authority, so that only a publicly trusted certificate is accepted; if the cluster "
            "has one of its own, add certificate-authority-data"
        )
        yield Weakness.NO_AUTHORITY, message


def _user_weaknesses(user: dict[str, Any], now: datetime) -> Iterator[tuple[Weakness, str]]:
    if user.get("password"):
        message = (
            "it has a username and a password, which Kubernetes took out in 1.19 and which do not expire; use a token, "
            "a client certificate or an exec plugin"
        )
        yield Weakness.PASSWORD, message
    end = _end(user.get("client-certificate-data"))
    if end and end < now:
        message = (
            f"its client certificate expired on {end.astimezone(UTC):%Y-%m-%d}; have a new one issued, and store the "
            "kubeconfig that has it"
        )
        yield Weakness.EXPIRED, message


def _not_text(entry: dict[str, Any], fields: tuple[str, ...]) -> Iterator[str]:
    return (f"{name} is not text" for name in fields if entry.get(name) and not isinstance(entry[name], str))


def _no_pem(entry: dict[str, Any], name: str, what: str) -> Iterator[str]:
    data = entry.get(name)
    if not data or not isinstance(data, str):
        return
    try:
        decoded = _decode(data)
    except ValueError:
        yield f"{name} is not base64"
        return
    kind = b"CERTIFICATE-----" if what == "a certificate" else b"PRIVATE KEY-----"
    if b"-----BEGIN " not in decoded or kind not in decoded:
        yield f"{name} does not hold {what} in PEM"
    elif name == "client-certificate-data" and _end(data) is None:
        yield f"{name} holds a certificate that cannot be read"


def _decode(data: str) -> bytes:
    """Return what base64 `data` encodes; line breaks in it do not count, as in Go.

    Raises:
        ValueError: it is not base64.
    """
    return base64.b64decode(data.replace("\n", "").replace("\r", ""), validate=True)


def _end(data: object) -> datetime | None:
    """Return until when the first certificate in `data` is valid; None where there is none that can be read."""
    if not isinstance(data, str) or not data:
        return None
    # Imported here: it takes 40 ms, and only kubeconfigs with a client certificate need it.
    from cryptography import x509  # noqa: PLC0415

    try:
        return x509.load_pem_x509_certificate(_decode(data)).not_valid_after_utc
    except ValueError:
        return None
