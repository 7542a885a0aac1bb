"""Credential plugins, as programs that really run: what they give, and what is said of those that give nothing."""

from __future__ import annotations

import asyncio
import json
import os
import time
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any

import pytest

from slicewise.clusters.access import exec_plugin as plugins
from tests.unit.clusters.access.asking import kubeconfig_text, read, refused
from tests.unit.clusters.access.kubeconfigs import CANARY
from tests.unit.clusters.access.tls_server import Answer, server

VERSION = "client.authentication.k8s.io/v1"


def user(script: str, **fields: object) -> dict[str, Any]:
    """Return a user whose plugin is a shell script."""
    return {"exec": {"apiVersion": VERSION, "command": "sh", "args": ["-c", script], **fields}}


def writes(**status: str) -> str:
    """Return the script of a plugin that gives `status`."""
    return f"echo '{json.dumps({'apiVersion': VERSION, 'kind': 'ExecCredential', 'status': status})}'"


def test_the_token_is_used_and_asked_for_once(tmp_path: Path) -> None:
    script = f"echo once >> {tmp_path}/runs; {writes(token=CANARY)}"
    with server() as asked:
        read(kubeconfig_text(asked.url, user(script)))
    assert len(asked.headers) > 1
    assert {headers["Authorization"] for headers in asked.headers} == {f"Bearer {CANARY}"}
    assert (tmp_path / "runs").read_text() == "once\n"


def test_a_token_that_is_taken_no_longer_is_asked_for_anew(tmp_path: Path) -> None:
    script = f"echo once >> {tmp_path}/runs; {writes(token=CANARY)}"
    ended = Answer(401, b'{"kind": "Status", "code": 401, "message": "Unauthorized"}')
    with server(Answer(), ended, Answer()) as asked:
        read(kubeconfig_text(asked.url, user(script)))
    assert (tmp_path / "runs").read_text() == "once\nonce\n"


def test_it_is_told_what_is_asked_of_it(tmp_path: Path) -> None:
    script = (
        f'echo "$KUBERNETES_EXEC_INFO" > {tmp_path}/info; echo "$PROFILE" > {tmp_path}/profile; {writes(token=CANARY)}'
    )
    with server() as asked:
        read(kubeconfig_text(asked.url, user(script, env=[{"name": "PROFILE", "value": "prod"}])))
    # https://kubernetes.io/docs/reference/access-authn-authz/authentication/#input-and-output-formats
    told = json.loads((tmp_path / "info").read_text())
    assert told == {"apiVersion": VERSION, "kind": "ExecCredential", "spec": {"interactive": False}}
    assert (tmp_path / "profile").read_text() == "prod\n"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (f"echo {CANARY}; echo {CANARY} >&2; exit 3", "failed (exit code 3); log in again, or run it by hand"),
        (f"echo {CANARY}", "wrote no ExecCredential with a token; run it by hand"),
        (f'echo ["{CANARY}"]', "wrote no ExecCredential with a token; run it by hand"),
        ("true", "wrote no ExecCredential with a token; run it by hand"),
        (writes(), "wrote no ExecCredential with a token; run it by hand"),
        (
            writes(clientCertificateData=CANARY, clientKeyData=CANARY),
            "gave a client certificate, and only tokens of plugins are taken; use a kubeconfig with a token",
        ),
        (writes(token=f"{CANARY} {CANARY}"), "gave a token with white space or control characters"),
        # It would ask for a password, which nothing answers.
        ("read password && " + writes(token=CANARY), "failed (exit code 1); log in again"),
    ],
)
def test_one_that_gives_no_token(script: str, words: str) -> None:
    with server() as asked:
        said = refused(kubeconfig_text(asked.url, user(script)))
    assert said.startswith(f"its credential plugin sh {words}")
    assert not asked.headers


def test_one_that_cannot_be_started(tmp_path: Path) -> None:
    (tmp_path / CANARY).write_text("no program")
    with server() as asked:
        said = refused(kubeconfig_text(asked.url, user("", command=str(tmp_path / CANARY))))
    assert (
        said == "a file or a program that its kubeconfig names cannot be used (Permission denied); try it with kubectl"
    )


def test_one_that_may_not_be_ended_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs as another user, for example by sudo, cannot be signalled (kill(2), EPERM)."""
    monkeypatch.setattr(plugins, "PLUGIN_SECONDS", 0.2)

    def refuse(_: int, __: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "killpg", refuse)
    with server() as asked:
        said = refused(kubeconfig_text(asked.url, user("sleep 1")))
    assert "did not answer in 0.2 s" in said


def test_one_that_waits_is_given_up_and_ended_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "PLUGIN_SECONDS", 0.5)
    written = tmp_path / "ids"
    script = f"sleep 600 & echo $! $$ > {written}; wait"
    create = asyncio.create_subprocess_exec

    async def started(*command: str, **options: Any) -> Process:  # noqa: ANN401 - of several types
        """Start it, and return when it waits: on a busy machine the shell takes longer than it is given here."""
        process = await create(*command, **options)
        while not (written.exists() and written.read_text().endswith("\n")):  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.01)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", started)
    with server() as asked:
        said = refused(kubeconfig_text(asked.url, user(script)))
    assert said == (
        "its credential plugin sh did not answer in 0.5 s (does it wait for a login?); log in first, or run it by "
        "hand, and try again"
    )
    ids = written.read_text().split()
    assert len(ids) == 2
    deadline = time.monotonic() + 60
    while any(map(runs, ids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [each for each in ids if runs(each)]


def runs(process: str) -> bool:
    """Return whether a process runs; one that has ended and waits to be noticed does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
