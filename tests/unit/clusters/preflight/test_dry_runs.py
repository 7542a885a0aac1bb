"""What applying a service again would come to, as the API server says it in a dry run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import pytest

from slicewise.clusters.access.client import open_client
from slicewise.clusters.live.existing_objects import ExistingObjects, LiveObject, ObjectName
from slicewise.clusters.preflight.dry_runs import try_applying
from tests.unit.clusters.access.asking import kubeconfig_text
from tests.unit.clusters.answering_server import Api, serving

CHAT = ObjectName("LLMInferenceService", "team", "chat")
PATH = "/apis/serving.kserve.io/v1alpha2/namespaces/team/llminferenceservices/chat"


def service(replicas: int, revision: str = "1", **more: object) -> dict[str, Any]:
    return {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": "chat", "namespace": "team"},
        "spec": {"replicas": replicas, "annotations": {"slicewise.dev/revision": revision}, **more},
    }


class Webhook(Api):
    """An API server that answers a dry run with a service of its own; other requests it does not expect."""

    def __init__(self, code: int = 200) -> None:
        super().__init__()
        self.code = code
        self.queries: list[Mapping[str, list[str]]] = []

    def answer_query(self, path: str, query: str) -> tuple[int, Mapping[str, Any]]:
        assert path == PATH
        self.queries.append(parse_qs(query))
        failed = {"kind": "Status", "code": self.code, "message": "webhook does not support dry run"}
        return (200, service(2)) if self.code == 200 else (self.code, failed)


def tried(api: Api, there: Mapping[str, Any] | None) -> dict[ObjectName, Mapping[str, Any]]:
    existing = ExistingObjects("uid", {CHAT: LiveObject("", "", there)} if there else {})

    async def attempt(url: str) -> dict[ObjectName, Mapping[str, Any]]:
        client = open_client(kubeconfig_text(url))
        try:
            return await try_applying(client, existing, [service(3)])
        finally:
            await client.close()

    with serving(api) as url:
        return asyncio.run(attempt(url))


def test_nothing_is_changed_and_nobody_stands_in_the_way() -> None:
    api = Webhook()
    assert tried(api, service(9)) == {CHAT: service(2)}
    assert api.queries == [{"dryRun": ["All"], "force": ["true"], "fieldManager": ["slicewise"]}]


@pytest.mark.parametrize("there", [None, service(3), service(3, other="added"), service(9, revision="2")])
def test_only_what_is_not_as_it_was_applied_is_tried(there: Mapping[str, Any] | None) -> None:
    """Not what is gone, is as it was, has something more, or is of documents that have changed since."""
    api = Webhook()
    assert (tried(api, there), api.queries) == ({}, [])


@pytest.mark.parametrize("code", [400, 403, 409, 500])
def test_a_dry_run_that_is_refused_tells_nothing(code: int) -> None:
    assert tried(Webhook(code), service(9)) == {}
