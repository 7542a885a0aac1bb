"""Why a cluster could not be asked, and what to do. Errors' own texts may have addresses and more: none is repeated."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Final

REQUEST_SECONDS: Final = 20.0

# OpenSSL's x509_vfy.h: what X509_verify_cert ends with.
_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_OTHER_NAMES: Final = (62, 64)
# How OpenSSL says that it waits for the other end: nothing is wrong with the connection yet.
_WAITING: Final = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
_ANOTHER: Final = "what answers is not a Kubernetes API server"
_ADDRESS: Final = "check the server's address in the kubeconfig, the VPN and the proxy"


class Cause(Enum):
    """Where the cause lies: it says who can act on it."""

    UNREACHABLE = auto()
    """Nothing answers, or what answers is out of order."""
    NOT_KUBERNETES = auto()
    """Something else answers."""
    CREDENTIAL = auto()
    """The credential is not accepted, or cannot be had."""
    RIGHTS = auto()
    """The credential is accepted, and may not do this."""
    CONNECTION = auto()
    """The connection cannot be made safe, or the kubeconfig cannot be used."""


class NotKubernetesError(Exception):
    """What answered is not a Kubernetes API server: its answer is not one that Kubernetes gives."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a cluster could not be asked; nothing of the kubeconfig is in it.

    Attributes:
        cause: Where the cause lies.
        message: What the API server said, or why it could say nothing.
        remedy: What to do; empty where that depends on what was asked for.
    """

    cause: Cause
    message: str
    remedy: str = ""

    @property
    def text(self) -> str:
        """The message and what to do, in one sentence."""
        return f"{self.message}; {self.remedy}" if self.remedy else self.message


def refusal(error: Exception) -> str:
    """Return what the API server said, or why it could say nothing, and what to do.

    Args:
        error: What opening a client raised, or asking through it.
    """
    return refusal_of(error).message


def refusal_of(error: Exception) -> Refusal:
    """Return the same, with where the cause lies."""
    # Imported here: they take 0.1 s, and plans without clusters do not need them.
    import httpx2  # noqa: PLC0415
    from lightkube import ApiError  # noqa: PLC0415

    from slicewise.clusters.access.exec_plugin import PluginError  # noqa: PLC0415

    if isinstance(error, ApiError):
        return _answered(error.response.status_code, str(error))
    if isinstance(error, PluginError):
        return Refusal(Cause.CREDENTIAL, error.message, error.remedy)
    # lightkube stumbles over an answer without a content type: what it was raised from says more.
    answer = next((each for each in _chain(error) if isinstance(each, httpx2.HTTPStatusError)), None)
    if answer:
        return _answered_by_another(answer.response.status_code, answer.request.url.scheme)
    secured = [each for each in _chain(error) if isinstance(each, ssl.SSLError)]
    broken = next((each for each in secured if not isinstance(each, _WAITING)), None)
    if broken:
        return Refusal(Cause.CONNECTION, *_not_secured(broken, connected=isinstance(error, httpx2.HTTPError)))
    # A handshake that is waiting, or an answer that is: the connection itself had been made.
    hangs = bool(secured) or isinstance(error, httpx2.ReadTimeout)
    silent = (
        f"the cluster's API server {'takes connections, but ' if hangs else ''}does not answer in "
        f"{REQUEST_SECONDS:.0f} s"
    )
    proxy = "check proxy-url in the kubeconfig, and HTTPS_PROXY"
    unsent = ("its credential has characters that cannot be sent", "store it anew, on one line")
    # Subclasses come first: the first match counts.
    causes: dict[type[Exception], tuple[Cause, str, str]] = {
        NotKubernetesError: (Cause.NOT_KUBERNETES, _ANOTHER, _ADDRESS),
        httpx2.TimeoutException: (Cause.UNREACHABLE, silent, _ADDRESS),
        httpx2.ProxyError: (Cause.UNREACHABLE, "the proxy does not lead to the cluster", proxy),
        httpx2.LocalProtocolError: (Cause.CREDENTIAL, *unsent),
        httpx2.HTTPError: (Cause.UNREACHABLE, "the cluster's API server does not answer", _ADDRESS),
        TimeoutError: (Cause.UNREACHABLE, "the cluster's API server answers too slowly", _ADDRESS),
        ImportError: (
            Cause.CONNECTION,
            "its proxy speaks SOCKS, and socksio is not installed here",
            "pip install socksio",
        ),
        OSError: (
            Cause.CREDENTIAL,
            f"a file or a program that its kubeconfig names cannot be used{_systems_reason(error)}",
            "try it with kubectl",
        ),
        Exception: (
            Cause.CONNECTION,
            "the kubeconfig, or what answers at its server, cannot be used",
            "try it with kubectl",
        ),
    }
    return Refusal(*next(refusal for kind, refusal in causes.items() if isinstance(error, kind)))


def _answered(code: int, said: str) -> Refusal:
    """Return what the API server's own refusal means: it has its reason, and names the user, never a credential."""
    message = f"the cluster refuses to be asked: {said}"
    if code == HTTPStatus.UNAUTHORIZED:
        return Refusal(Cause.CREDENTIAL, message, "log in again, or renew the credential in the kubeconfig")
    if code == HTTPStatus.FORBIDDEN:
        return Refusal(Cause.RIGHTS, message)
    if code >= HTTPStatus.INTERNAL_SERVER_ERROR or code == HTTPStatus.TOO_MANY_REQUESTS:
        return Refusal(Cause.UNREACHABLE, message, "try again, and if that stays see what its API server logs")
    return Refusal(Cause.CONNECTION, message)


def _answered_by_another(code: int, scheme: str) -> Refusal:
    """Return what an answer that is not Kubernetes' means: a load balancer's word of a server that is down, too."""
    if code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        behind = "see whether the API server behind it runs"
        return Refusal(Cause.UNREACHABLE, f"something before the API server answers with HTTP {code}", behind)
    # What servers of TLS answer to a request without it: Go's net/http, nginx.
    if code == HTTPStatus.BAD_REQUEST and scheme == "http":
        return Refusal(
            Cause.NOT_KUBERNETES,
            f"it refuses what is not encrypted (HTTP {code}), and its server URL in the kubeconfig is http://",
            "write https:// there",
        )
    return Refusal(Cause.NOT_KUBERNETES, f"{_ANOTHER} (HTTP {code})", _ADDRESS)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    # lightkube raises some errors from themselves: a chain may be a ring.
    seen: set[int] = set()
    while error and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _systems_reason(error: Exception) -> str:
    """Return the system's reason, such as ` (Permission denied)`; never a file's name, which may be a secret."""
    number = error.errno if isinstance(error, OSError) else None
    return f" ({os.strerror(number)})" if number else ""


def _not_secured(error: ssl.SSLError, *, connected: bool) -> tuple[str, str]:
    """Return why there is no secure connection, and what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why, remedy = _not_trusted(error.verify_code)
        return f"the API server's certificate {why}", remedy
    # A constant of OpenSSL, such as WRONG_VERSION_NUMBER.
    constant = getattr(error, "reason", None)
    reason = f" ({constant})" if constant else ""
    if connected:
        return (
            f"no secure connection to the API server can be made{reason}",
            "check the server's address and the client certificate in the kubeconfig",
        )
    return (
        f"a certificate or key in its kubeconfig cannot be used{reason}",
        "check that the client key is the client certificate's, and that both and the authority are whole",
    )


def _not_trusted(code: int) -> tuple[str, str]:
    if code == _EXPIRED:
        return "has expired", "have it renewed, and check this machine's clock"
    if code == _NOT_YET_VALID:
        return "is not valid yet", "check this machine's clock"
    if code in _OTHER_NAMES:
        return "is for another name", "use a server address that it has, or write the name it has as tls-server-name"
    return (
        "is not trusted: the kubeconfig has no certificate-authority-data, or that of another authority",
        "store the cluster's present one",
    )
