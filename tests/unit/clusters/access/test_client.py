"""What a kubeconfig says about who asks and whom, as the server sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lightkube import AsyncClient

from tests.unit.clusters.access.asking import kubeconfig_text, read, refused
from tests.unit.clusters.access.kubeconfigs import CANARY, encoded
from tests.unit.clusters.access.tls_server import RESET, Answer, certified, server


def test_impersonation_is_asked_for() -> None:
    # https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
    user: dict[str, Any] = {
        "token": CANARY,
        "as": "jane.doe@example.com",
        "as-uid": "06f6ce97-e2c5-4ab8-7ba5-7654dd08d52b",
        "as-groups": ["developers", "admins"],
        "as-user-extra": {"acme.com/project": ["some-project"], "scopes": ["view", "development"]},
    }
    with server() as asked:
        read(kubeconfig_text(asked.url, user))

    assert asked.headers
    for headers in asked.headers:
        assert headers["Authorization"] == f"Bearer {CANARY}"
        found = [(name.lower(), value) for name, value in headers.items() if name.lower().startswith("impersonate-")]
        assert sorted(found) == [
            ("impersonate-extra-acme.com%2fproject", "some-project"),
            ("impersonate-extra-scopes", "development"),
            ("impersonate-extra-scopes", "view"),
            ("impersonate-group", "admins"),
            ("impersonate-group", "developers"),
            ("impersonate-uid", "06f6ce97-e2c5-4ab8-7ba5-7654dd08d52b"),
            ("impersonate-user", "jane.doe@example.com"),
        ]


def test_nobody_is_impersonated_unasked() -> None:
    with server() as asked:
        read(kubeconfig_text(asked.url, {"as": "", "as-groups": []}))
    assert not [name for headers in asked.headers for name in headers if name.lower().startswith("impersonate")]


def test_the_certificate_may_be_for_the_tls_server_name(tmp_path: Path) -> None:
    authority = encoded(certified(tmp_path / "pem", "api.cluster.internal"))
    with server(certificate=tmp_path / "pem") as asked:
        named = {"certificate-authority-data": authority, "tls-server-name": "api.cluster.internal"}
        read(kubeconfig_text(asked.url, cluster=named))
        assert "tls-server-name" in refused(
            kubeconfig_text(asked.url, cluster={**named, "tls-server-name": "another.test"})
        )
        assert "tls-server-name" in refused(
            kubeconfig_text(asked.url, cluster={"certificate-authority-data": authority})
        )


@pytest.mark.parametrize("other", [{"exec": {"command": 7}}, {"token": ["none"]}])
def test_what_other_contexts_have_does_not_matter(other: dict[str, Any]) -> None:
    with server() as asked:
        text = kubeconfig_text(asked.url).replace('"users": [', f'"users": [{{"name": "other", "user": {other}}}, ')
        assert read(text.replace("'", '"')).nodes == ()


def test_a_request_whose_connection_breaks_off_is_sent_once_more() -> None:
    with server(RESET, Answer()) as asked:
        assert read(kubeconfig_text(asked.url)).nodes == ()
    with server(RESET) as asked:
        assert "the cluster's API server does not answer; check" in refused(kubeconfig_text(asked.url))
        assert len(asked.headers) == 2


def test_a_connection_that_cannot_be_closed_hides_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    close = AsyncClient.close

    async def fail(client: AsyncClient) -> None:
        await close(client)
        raise OSError(CANARY)

    monkeypatch.setattr(AsyncClient, "close", fail)
    with server() as asked:
        assert read(kubeconfig_text(asked.url)).nodes == ()
    with server(RESET) as asked:
        assert refused(kubeconfig_text(asked.url)).startswith("the cluster's API server does not answer; check")
