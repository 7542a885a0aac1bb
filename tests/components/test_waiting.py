"""Waiting for what is applied: one client a cluster, closed again, and one run of its credential plugin."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pulumi
import pytest
from lightkube import AsyncClient

from components.readiness import waiting
from components.readiness.waiting import Patience, Wait, wait_for
from slicewise.clusters.access.client import open_client
from slicewise.clusters.readiness import ExpectedService
from tests.unit.clusters.access.asking import kubeconfig_text
from tests.unit.clusters.access.kubeconfigs import CANARY
from tests.unit.clusters.access.tls_server import Answer, server

VERSION = "client.authentication.k8s.io/v1"


def test_one_client_and_one_run_of_the_plugin_for_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[AsyncClient] = []
    closed: list[AsyncClient] = []
    close = AsyncClient.close

    def opening(kubeconfig: str) -> AsyncClient:
        opened.append(open_client(kubeconfig))
        return opened[-1]

    async def closing(client: AsyncClient) -> None:
        closed.append(client)
        await close(client)

    monkeypatch.setattr(waiting, "open_client", opening)
    monkeypatch.setattr(AsyncClient, "close", closing)
    monkeypatch.setattr(pulumi.log, "info", lambda *_, **__: None)
    credential = json.dumps({"apiVersion": VERSION, "kind": "ExecCredential", "status": {"token": CANARY}})
    script = f"echo once >> {tmp_path}/runs; sleep 0.2; echo '{credential}'"
    user = {"exec": {"apiVersion": VERSION, "command": "sh", "args": ["-c", script]}}
    waits = [
        Wait(
            f"env/team/{name}",
            ExpectedService("team", name, "new", 1, autoscaled=False, multi_node=False),
            Patience(0.1),
        )
        for name in "abcdefgh"
    ]
    with server(Answer()) as asked:
        found = asyncio.run(wait_for(waits, kubeconfig_text(asked.url, user)))
    assert [each and each.missing for each in found] == ["KServe has made no workload of it"] * 8
    assert len(asked.headers) >= 24
    assert {headers["Authorization"] for headers in asked.headers} == {f"Bearer {CANARY}"}
    assert len(opened) == 1
    assert closed == opened
    assert (tmp_path / "runs").read_text() == "once\n"
