"""Why a cluster cannot be asked, told by what really happens on a connection, and what to do then."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

import httpx2
import pytest

from slicewise.clusters.access import client
from slicewise.clusters.access.refusals import NotKubernetesError, Refusal, refusal_of
from slicewise.clusters.preflight.conversation import ask_or_refusal
from slicewise.clusters.preflight.judgement import CAUSES
from slicewise.clusters.preflight.needs import Needs
from tests.unit.clusters.access.asking import kubeconfig_text, read, refused
from tests.unit.clusters.access.kubeconfigs import CANARY, encoded
from tests.unit.clusters.access.tls_server import Answer, certified, server

HERE = "127.0.0.1"


def status(code: int, message: str) -> Answer:
    """Return an API server's refusal."""
    return Answer(code, json.dumps({"kind": "Status", "code": code, "message": message}).encode())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (status(401, "Unauthorized"), "the cluster refuses to be asked: Unauthorized; log in again, or renew"),
        (
            status(403, "no nodes"),
            "asked: no nodes; let its user list nodes: give it the rights of docs/kubeconfigs.md",
        ),
        (status(500, "etcd"), "the cluster refuses to be asked: etcd; try again"),
        (Answer(502, CANARY.encode(), "text/html"), "HTTP 502; see whether the API server behind it runs"),
        (Answer(418, CANARY.encode(), "text/html"), "is not a Kubernetes API server (HTTP 418); check the server's"),
        (Answer(200, CANARY.encode(), "text/html"), "or what answers at its server, cannot be used"),
        (Answer(403, CANARY.encode()), "is not a Kubernetes API server (HTTP 403); check the server's"),
    ],
)
def test_what_the_server_answers(answer: Answer, words: str) -> None:
    with server(answer) as asked:
        assert words in refused(kubeconfig_text(asked.url))


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return tmp_path / "pem"


def test_a_certificate_that_is_trusted(pem: Path) -> None:
    authority = encoded(certified(pem, HERE))
    with server(certificate=pem) as asked:
        assert read(kubeconfig_text(asked.url, cluster={"certificate-authority-data": authority})).nodes == ()


@pytest.mark.parametrize(
    ("name", "days", "words"),
    [
        (HERE, -1, "the API server's certificate has expired; have it renewed"),
        ("api.test", 1, "certificate is for another name; use a server address that it has, or write"),
        ("10.0.0.1", 1, "the API server's certificate is for another name"),
    ],
)
def test_a_certificate_that_is_not_right(pem: Path, name: str, days: int, words: str) -> None:
    authority = encoded(certified(pem, name, days))
    with server(certificate=pem) as asked:
        assert words in refused(kubeconfig_text(asked.url, cluster={"certificate-authority-data": authority}))


@pytest.mark.parametrize("given", [True, False])
def test_a_certificate_of_an_unknown_authority(pem: Path, tmp_path: Path, given: bool) -> None:
    certified(pem, HERE)
    other = encoded(certified(tmp_path / "other", HERE))
    with server(certificate=pem) as asked:
        said = refused(kubeconfig_text(asked.url, cluster=({"certificate-authority-data": other} if given else {})))
    assert (
        "is not trusted: the kubeconfig has no certificate-authority-data, or that of another authority; store" in said
    )


def test_a_server_that_does_not_speak_tls() -> None:
    with server() as asked:
        said = refused(kubeconfig_text(asked.url.replace("http:", "https:")))
    assert said.startswith("no secure connection to the API server can be made (")


def test_a_client_key_in_a_file_that_is_another_certificates(pem: Path, tmp_path: Path) -> None:
    certified(pem, HERE)
    certified(tmp_path / "other", HERE)
    said = refused(
        kubeconfig_text("https://127.0.0.1:1", {"client-certificate": str(pem), "client-key": str(tmp_path / "other")})
    )
    assert said.startswith("a certificate or key in its kubeconfig cannot be used (KEY_VALUES_MISMATCH); check that")


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


# The connection is made at once, but on a busy machine not in a fifth of a second: only what comes after it is short.
SHORT_ANSWERS = httpx2.Timeout(60, read=0.2)
SHORT_HANDSHAKES = httpx2.Timeout(60, connect=3)


@pytest.mark.parametrize(("scheme", "seconds"), [("http", SHORT_ANSWERS), ("https", SHORT_HANDSHAKES)])
def test_a_server_that_is_silent(
    silent: str, scheme: str, seconds: httpx2.Timeout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An API server that hangs: over https it never answers the first message of TLS."""
    monkeypatch.setattr(client, "REQUEST_SECONDS", seconds)
    said = refused(kubeconfig_text(f"{scheme}://{silent}"))
    assert said == (
        "the cluster's API server takes connections, but does not answer in 20 s; check the server's "
        "address in the kubeconfig, the VPN and the proxy"
    )


def test_a_server_that_hangs_is_one_that_does_not_answer(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "REQUEST_SECONDS", 0.2)
    answer = asyncio.run(ask_or_refusal(kubeconfig_text(f"https://{silent}"), Needs()))
    assert isinstance(answer, Refusal)
    assert CAUSES[answer.cause].value == "SW404"


def test_nothing_that_listens() -> None:
    said = refused(kubeconfig_text("https://127.0.0.1:1"))
    assert said.startswith("the cluster's API server does not answer; check the server's address")


def test_a_proxy_that_refuses() -> None:
    with server(Answer(502)) as proxy:
        said = refused(kubeconfig_text("https://example.test", cluster={"proxy-url": proxy.url}))
    assert said == ("the proxy does not lead to the cluster; check proxy-url in the kubeconfig, and HTTPS_PROXY")


def test_a_proxy_that_needs_another_package() -> None:
    said = refused(kubeconfig_text("https://example.test", cluster={"proxy-url": "socks5://127.0.0.1:1080"}))
    assert said == "its proxy speaks SOCKS, and socksio is not installed here; pip install socksio"


def test_a_token_file_that_no_header_can_have(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{CANARY}\n{CANARY}")
    with server() as asked:
        said = refused(kubeconfig_text(asked.url, {"tokenFile": str(tmp_path / "token")}))
    assert said.startswith("its credential has characters that cannot be sent; store it anew")


@pytest.fixture
def speaks_tls_only() -> Iterator[str]:
    """The URL of a server that answers a plain request as Go's net/http does where it expects TLS: no header at all."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answer = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"

        def serve() -> None:
            # The first request, and what is asked once more.
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(answer)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_a_server_of_tls_that_is_asked_without(speaks_tls_only: str) -> None:
    answer = asyncio.run(ask_or_refusal(kubeconfig_text(speaks_tls_only), Needs()))
    assert isinstance(answer, Refusal)
    assert CAUSES[answer.cause].value == "SW409"
    assert answer.text == refused(kubeconfig_text(speaks_tls_only))
    assert answer.text.endswith("its server URL in the kubeconfig is http://; write https:// there")


@pytest.mark.parametrize(
    "error",
    [
        *(KeyError("content-type"), ValueError(CANARY), OSError(CANARY), ImportError(CANARY), TimeoutError()),
        *(httpx2.ConnectTimeout(CANARY), httpx2.ReadTimeout(CANARY), httpx2.ConnectError(CANARY)),
        *(httpx2.ProxyError(CANARY), httpx2.DecodingError(CANARY), ssl.SSLError(CANARY), NotKubernetesError()),
    ],
)
def test_no_message_has_a_name_from_the_source_of_a_library(error: Exception) -> None:
    refusal = refusal_of(error)
    assert type(error).__name__ not in refusal.text
    assert CANARY not in refusal.text
    assert refusal.remedy
    assert ";" not in refusal.message
