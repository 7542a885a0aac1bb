"""What is wrong and what is weak in a kubeconfig, told by its text alone and without any of it."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from slicewise.clusters.access.kubeconfig import read_context
from slicewise.clusters.access.kubeconfig_flaws import KubeconfigFlaws, Weakness, find_flaws
from tests.unit.clusters.access.kubeconfigs import CANARY, SERVER, certificate, encoded, kubeconfig

EXEC = "client.authentication.k8s.io/v1"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
VALID, VALID_KEY = certificate(datetime(2026, 6, 2, tzinfo=UTC))
ENDED, ENDED_KEY = certificate(datetime(2026, 5, 31, 23, 59, 59, tzinfo=UTC))
ENCRYPTED_KEY = encoded(
    load_pem_private_key(b64decode(VALID_KEY), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(CANARY.encode())
    )
)
CA = {"certificate-authority-data": VALID}


def inspected(cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> KubeconfigFlaws:
    clusters = [{"name": "one", "cluster": {"server": SERVER, **(CA if cluster is None else cluster)}}]
    users = [{"name": "me", "user": {"token": CANARY} if user is None else user}]
    found = find_flaws(read_context(json.dumps(kubeconfig(clusters=clusters, users=users))), NOW)
    # Neither what is said of it nor its representation, which a traceback may have, repeats a credential.
    assert CANARY not in f"{found.flaws}{found.weaknesses}{found!r}"
    return found


@pytest.mark.parametrize(
    "user",
    [
        {"token": CANARY},
        {"client-certificate-data": VALID, "client-key-data": VALID_KEY},
        # Go's base64 passes over line breaks.
        {"client-certificate-data": VALID[:64] + "\n" + VALID[64:], "client-key-data": VALID_KEY},
        {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "aws", "args": ["eks", "get-token"]}},
        {},
        {"token": CANARY, "as": "ana", "as-uid": "7", "as-groups": ["team"], "as-user-extra": {"scopes": ["view"]}},
    ],
)
def test_nothing_is_wrong(user: dict[str, Any]) -> None:
    found = inspected(user=user)
    assert (found.flaws, found.weaknesses, found.files) == ((), (), {})


def test_the_context_may_have_no_user() -> None:
    contexts = [{"name": "here", "context": {"cluster": "one"}}]
    assert find_flaws(read_context(json.dumps(kubeconfig(contexts=contexts))), NOW).flaws == ()


@pytest.mark.parametrize(
    ("cluster", "user", "flaw"),
    [
        ({"certificate-authority-data": f"{CANARY}!"}, None, "certificate-authority-data is not base64"),
        (
            {"certificate-authority-data": encoded(CANARY.encode())},
            None,
            "certificate-authority-data does not hold a certificate in PEM",
        ),
        ({"certificate-authority-data": 7}, None, "certificate-authority-data is not text"),
        ({"insecure-skip-tls-verify": "yes"}, None, "insecure-skip-tls-verify is not true or false"),
        (
            {**CA, "insecure-skip-tls-verify": True},
            None,
            "it has a certificate authority and insecure-skip-tls-verify, which exclude each other; remove the latter",
        ),
        (
            {**CA, "server": f"https://ana:{CANARY}@example.test"},
            None,
            "its server URL has a user or a password in it, which belong in the user's entry",
        ),
        (None, {"token": 7}, "token is not text"),
        (
            None,
            {"client-certificate-data": "%%%", "client-key-data": VALID_KEY},
            "client-certificate-data is not base64",
        ),
        (None, {"client-certificate-data": VALID, "client-key-data": "ä"}, "client-key-data is not base64"),
        (
            None,
            {"client-certificate-data": VALID, "client-key-data": VALID},
            "client-key-data does not hold a private key in PEM",
        ),
        (
            None,
            {
                "client-certificate-data": encoded(b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
                "client-key-data": VALID_KEY,
            },
            "client-certificate-data holds a certificate that cannot be read",
        ),
        (None, {"client-certificate-data": VALID}, "its user has a client-certificate and no client-key"),
        (None, {"client-key-data": VALID_KEY}, "its user has a client-key and no client-certificate"),
        (
            None,
            {"auth-provider": {"name": "gcp", "config": {"access-token": CANARY}}},
            "its user has an auth-provider, which Kubernetes 1.26 removed from its clients; use an exec plugin",
        ),
        (
            None,
            {"exec": {"apiVersion": "client.authentication.k8s.io/v1alpha1", "command": "aws"}},
            f"its exec plugin's apiVersion is not {EXEC} or {EXEC}beta1; have the kubeconfig written anew",
        ),
        *(
            (
                None,
                {"token": token},
                "its token has white space or control characters; store the token alone, on one line",
            )
            for token in (f"{CANARY}\n", f" {CANARY}", f"Bearer {CANARY}", f"{CANARY}\x00", f"{CANARY}\u00e4")
        ),
        (
            None,
            {"client-certificate-data": VALID, "client-key-data": ENDED_KEY},
            "client-key-data is not the key of client-certificate-data; store the two that belong together",
        ),
        (
            None,
            {"client-certificate-data": VALID, "client-key-data": ENCRYPTED_KEY},
            "client-key-data is encrypted, and its password cannot be asked for; store the key decrypted",
        ),
        *(
            (
                {**CA, "proxy-url": proxy},
                None,
                "its proxy-url is not a proxy's URL; write http://, https:// or socks5:// before its host and port",
            )
            for proxy in (f"ftp://ana:{CANARY}@proxy.test", "proxy.test:3128", "http://", "http://proxy.test:port")
        ),
        ({**CA, "tls-server-name": 7}, None, "tls-server-name is not text"),
        (None, {"as": 7, "as-groups": ["g"]}, "as is not text"),
        (None, {"as": "ana", "as-groups": CANARY}, "as-groups is not a list of texts"),
        (None, {"as": "ana", "as-groups": [f"{CANARY}\r\nHost: x"]}, "as-groups is not a list of texts"),
        (None, {"as": "ana", "as-user-extra": {"scopes": CANARY}}, "as-user-extra is not lists of texts by name"),
        (
            None,
            {"as-groups": ["system:masters"]},
            "its user has as-uid, as-groups or as-user-extra and no as; name in `as` whom they belong to",
        ),
        (
            None,
            {"as": f"ana\n{CANARY}"},
            "as and as-uid have line breaks or control characters; write each on one line",
        ),
        (None, {"exec": {"args": [CANARY]}}, "its exec plugin names no command"),
        (None, {"exec": CANARY}, "its exec plugin names no command"),
    ],
)
def test_what_cannot_work(cluster: dict[str, Any] | None, user: dict[str, Any] | None, flaw: str) -> None:
    assert inspected(cluster, user).flaws == (flaw,)


@pytest.mark.parametrize(
    ("cluster", "user", "weakness", "words"),
    [
        ({"insecure-skip-tls-verify": True}, None, Weakness.UNVERIFIED, "insecure-skip-tls-verify"),
        ({"server": "http://example.test:8080"}, None, Weakness.UNVERIFIED, "http://"),
        ({}, None, Weakness.NO_AUTHORITY, "add certificate-authority-data"),
        (None, {"username": "ana", "password": CANARY}, Weakness.PASSWORD, "username and a password"),
        (
            None,
            {"client-certificate-data": ENDED, "client-key-data": ENDED_KEY},
            Weakness.EXPIRED,
            "expired on 2026-05-31",
        ),
    ],
)
def test_what_is_weak(
    cluster: dict[str, Any] | None, user: dict[str, Any] | None, weakness: Weakness, words: str
) -> None:
    ((found, message),) = inspected(cluster, user).weaknesses
    assert found is weakness
    assert words in message


def test_files_that_are_needed() -> None:
    cluster = {"certificate-authority": "/ca.crt"}
    user = {"client-certificate": "/me.crt", "client-key": "/me.key", "tokenFile": "/token"}

    assert inspected(cluster, user).files == {**cluster, **user}


def test_embedded_data_goes_before_files() -> None:
    cluster = {"certificate-authority": "/ca.crt", **CA}
    user = {
        "client-certificate": "/me.crt",
        "client-key": "/me.key",
        "tokenFile": "/token",
        "token": CANARY,
        "client-certificate-data": VALID,
        "client-key-data": VALID_KEY,
    }

    found = inspected(cluster, user)
    assert (found.files, found.flaws) == ({}, ())


def test_the_plugin_that_is_needed() -> None:
    assert inspected(user={"exec": {"command": "gke-gcloud-auth-plugin"}}).plugin == "gke-gcloud-auth-plugin"
