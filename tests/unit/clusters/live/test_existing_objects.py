"""What exists in a cluster already, as its API server says it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from slicewise.clusters.access.client import open_client
from slicewise.clusters.live.existing_objects import ExistingObjects, KindInNamespace, ObjectName, read_existing_objects
from tests.unit.clusters.access.asking import kubeconfig_text
from tests.unit.clusters.answering_server import Api, serving

SERVICES = KindInNamespace("serving.kserve.io/v1alpha2", "LLMInferenceService", "llminferenceservices", "team")
PATH = "/apis/serving.kserve.io/v1alpha2/namespaces/team/llminferenceservices"
UID = "2b5bef76-d2a1-4707-a153-0b66a44579e5"
KUBE_SYSTEM = "/api/v1/namespaces/kube-system"
CHAT = ObjectName("LLMInferenceService", "team", "chat")
TEAM = ObjectName("Namespace", "", "team")


class Objects(Api):
    """An API server that has these answers, by path and query."""

    def __init__(self, answers: Mapping[str, tuple[int, Mapping[str, Any]]]) -> None:
        super().__init__()
        self.answers = answers

    def answer_query(self, path: str, query: str) -> tuple[int, Mapping[str, Any]] | None:
        return self.answers.get(f"{path}?{query}" if query else path)


def named(name: str, namespace: str = "", uid: str = "", **annotations: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace, "uid": uid, "annotations": annotations}}


def listing(*found: dict[str, Any], further: str = "") -> tuple[int, dict[str, Any]]:
    return 200, {"kind": "List", "metadata": {"continue": further}, "items": list(found)}


def denied() -> tuple[int, dict[str, Any]]:
    return 403, {"kind": "Status", "code": 403, "message": "forbidden"}


def read(answers: dict[str, tuple[int, dict[str, Any]]], *namespaces: str) -> ExistingObjects:
    async def ask(url: str) -> ExistingObjects:
        client = open_client(kubeconfig_text(url))
        try:
            return await read_existing_objects(client, [SERVICES], namespaces)
        finally:
            await client.close()

    with serving(Objects(answers)) as url:
        return asyncio.run(ask(url))


def test_objects_say_whose_they_are() -> None:
    chat = named("chat", "team", **{"slicewise.dev/stack": "acme/slicewise/prod", "slicewise.dev/environment": "mig-a"})
    found = read(
        {
            f"{PATH}?limit=500": listing(chat, further="more"),
            f"{PATH}?limit=500&continue=more": listing(named("other", "team")),
            KUBE_SYSTEM: (200, named("kube-system", uid=UID)),
            "/api/v1/namespaces/team": (200, named("team")),
        },
        "team",
        "missing",
    )

    assert found.uid == UID
    assert {name: (live.stack, live.environment) for name, live in found.objects.items()} == {
        CHAT: ("acme/slicewise/prod", "mig-a"),
        CHAT._replace(name="other"): ("", ""),
        TEAM: ("", ""),
    }
    assert found.may_lack(TEAM._replace(name="missing"))
    assert not found.may_lack(TEAM)


@pytest.mark.parametrize("mark", ["x'; rm -rf ~; '", "\x1b[2J", "a/b", "a/b/c/d"])
def test_a_mark_that_is_no_stacks_name_is_not_repeated(mark: str) -> None:
    found = read({f"{PATH}?limit=500": listing(named("chat", "team", **{"slicewise.dev/stack": mark}))})
    assert found.objects[CHAT].stack == "unreadable"


def test_what_is_not_served_is_not_there_and_what_may_not_be_read_is_not_known() -> None:
    assert read({}) == ExistingObjects(None)

    hidden = read({f"{PATH}?limit=500": denied(), KUBE_SYSTEM: denied(), "/api/v1/namespaces/team": denied()}, "team")
    assert hidden.uid is None
    assert hidden.objects == {}
    assert not hidden.may_lack(CHAT)
    assert not hidden.may_lack(TEAM)
    assert hidden.may_lack(CHAT._replace(namespace="elsewhere"))


@pytest.mark.parametrize(
    "uid", ["", "1234", f"{UID}\n", f"{UID}; rm -rf .", "x" * 36, "\x1b[2J", UID.upper(), UID.replace("-", "0")]
)
def test_what_is_no_uid_is_not_taken_for_one(uid: str) -> None:
    """It goes into commands that people copy."""
    assert read({KUBE_SYSTEM: (200, named("kube-system", uid=uid))}).uid is None


@pytest.mark.parametrize("stack", ["-rf/a/b", "a/b", "a/b/c;d", "a b/c/d"])
def test_what_is_no_name_of_a_stack_is_not_shown_as_one(stack: str) -> None:
    chat = named("chat", "team", **{"slicewise.dev/stack": stack})
    assert read({f"{PATH}?limit=500": listing(chat)}).objects[CHAT].stack == "unreadable"
