"""Environments that leave: asked with the kubeconfigs of the state, and kept where no cluster can be asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.kubeconfig.no_cluster import NOWHERE
from components.leaving.departures import Departures
from components.leaving.questions import LeavingAnswers, Silent, ask_leaving, hold_silent, provider_of
from components.stack_config import KubeconfigSourceName, OnUnreachable, StackConfig, read_stack_config
from components.state.cluster_outputs import KnownCluster
from components.state.stack_state import Applied, EnvironmentState, StackState
from slicewise.clusters.access import exec_plugin as plugin
from slicewise.clusters.live.existing_objects import ObjectName
from tests.unit.clusters.access.asking import kubeconfig_text
from tests.unit.clusters.access.kubeconfigs import CANARY
from tests.unit.clusters.answering_server import Api, serving

CHAT = ObjectName("LLMInferenceService", "team", "chat")
HAD = {CHAT: Applied("urn:chat", "7")}
LEAVES = Departures(leaving=frozenset({"west"}))
WAITS = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", "sleep 600"]}}
PROVIDER = "urn:pulumi:test::slicewise::slicewise:index:InferenceEnvironment$pulumi:providers:kubernetes::west-provider"


class Cluster(Api):
    """An API server that has the service, as another stack's."""

    def answer(self, method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        if path.endswith("/namespaces/team/llminferenceservices"):
            self.asked.append(f"{method} {path}")
            annotations = {"slicewise.dev/stack": "organization/slicewise/other"}
            metadata = {"name": "chat", "namespace": "team", "uid": "7", "annotations": annotations}
            return 200, {"kind": "LLMInferenceServiceList", "items": [{"metadata": metadata}]}
        return super().answer(method, path, body)


class Hidden(Api):
    """An API server that does not let anybody list services, though it grants it."""

    def answer(self, method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        if path.endswith("/llminferenceservices"):
            return 403, {"kind": "Status", "code": 403, "message": "forbidden"}
        return super().answer(method, path, body)


@pytest.fixture(autouse=True)
def _stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi, "get_stack", lambda: "test")
    monkeypatch.setattr(pulumi, "get_project", lambda: "slicewise")
    monkeypatch.delenv("PULUMI_K8S_DELETE_UNREACHABLE", raising=False)


def config(**changes: Any) -> StackConfig:  # noqa: ANN401 - fields of several types
    return replace(read_stack_config(pulumi.Config("slicewise")), **changes)


def state(text: str | None, **changes: Any) -> StackState:  # noqa: ANN401 - fields of several types
    """Return a state that has a service in west, and this kubeconfig for it."""
    there = {"west": EnvironmentState(has_provider=True)}
    found = StackState(
        there, objects={"west": HAD}, provider_urns={"west": PROVIDER}, kubeconfigs={"west": text} if text else {}
    )
    return replace(found, **changes)


def asked(of: StackState, going: Departures = LEAVES, **changes: Any) -> LeavingAnswers:  # noqa: ANN401 - fields of several types
    found = asyncio.run(ask_leaving(config(**changes), going, (), of, {}))
    assert CANARY not in repr(found)
    assert CANARY not in repr(of)
    return found


def test_whose_the_services_are_is_asked_with_the_kubeconfig_that_deletes_them() -> None:
    with serving(api := Cluster()) as url:
        found = asked(state(kubeconfig_text(url)))
    assert {name: each.stack for name, each in found.existing["west"].objects.items()} == {
        CHAT: "organization/slicewise/other"
    }
    assert not found.silent
    assert "GET /apis/serving.kserve.io/v1alpha2/namespaces/team/llminferenceservices" in api.asked


def test_nobody_is_asked_who_loses_nothing() -> None:
    with serving(api := Cluster()) as url:
        text = kubeconfig_text(url)
        assert asked(state(text), kubeconfig_source=KubeconfigSourceName.NONE) == LeavingAnswers()
        assert asked(state(text, provisioned=frozenset({"west"}))) == LeavingAnswers()
        assert asked(state(text, objects={})) == LeavingAnswers()
        assert asked(state(text), Departures(moving=frozenset({"west"}))) == LeavingAnswers()
        assert asked(state(text), Departures({"west": ("new",)})) == LeavingAnswers()
    assert api.asked == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (NOWHERE, "the stack's state has no kubeconfig of it any more"),
        (None, "the stack's state has no kubeconfig of it any more"),
        (kubeconfig_text("https://127.0.0.1:1"), "https://127.0.0.1:1 does not answer (Connection refused)"),
    ],
)
def test_what_cannot_be_asked_is_silent(text: str | None, says: str) -> None:
    assert asked(state(text)) == LeavingAnswers(silent={"west": Silent(says)})


@pytest.mark.parametrize(
    ("api", "says"),
    [
        (
            Api(rules=()),
            "its user may not delete, get, list, watch llminferenceservices.serving.kserve.io in namespace",
        ),
        (Hidden(), "its user may not list llminferenceservices.serving.kserve.io in namespace team; give it"),
    ],
)
def test_a_cluster_that_answers_and_does_not_let_it_be_asked_would_delete(api: Api, says: str) -> None:
    with serving(api) as url:
        silent = asked(state(kubeconfig_text(url))).silent["west"]
    assert silent.reason.startswith(says)
    assert silent.answers


@pytest.mark.parametrize("going", [LEAVES, Departures({"west": ("new",)})], ids=["leaves", "held"])
def test_a_plugin_that_waits_is_known_also_of_what_stays(going: Departures, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider would run the state's plugin, whatever the new name's kubeconfig has."""
    monkeypatch.setattr(plugin, "PLUGIN_SECONDS", 0.2)
    with serving(Api()) as url:
        found = asked(state(kubeconfig_text(url, WAITS)), going)
    assert found.without_plugin == {"west"}


def test_after_a_rename_that_broke_off_the_provider_is_another_environments() -> None:
    known = {name: KnownCluster(uid=uid, identifier="west") for name, uid in (("west", "1"), ("new", "1"), ("x", "2"))}
    there = {name: EnvironmentState(has_provider=name != "west") for name in known}
    found = StackState(there, kubeconfigs={"new": "text", "x": "text"})
    assert provider_of("west", found, known) == "new"
    assert provider_of("new", found, known) == "new"
    assert provider_of("west", found, {}) is None


DOWN = LeavingAnswers(silent={"west": Silent("it does not answer")})


def test_what_cannot_be_asked_stops_the_run_with_every_way_out() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        hold_silent(config(), ["east"], LEAVES, DOWN, state(None), {})
    said = str(caught.value)
    assert "so they are not deleted: it does not answer." in said
    assert "put the environment back with the new one, `pulumi up`, and take it away again" in said
    assert "PULUMI_K8S_DELETE_UNREACHABLE=true pulumi up" in said
    assert f"pulumi state delete --target-dependents '{PROVIDER}' [SW425]" in said
    assert "go on with 1 other environment: pulumi config set slicewise:onUnreachable skip" in said


def test_what_cannot_be_asked_stays_where_the_stack_skips() -> None:
    skips = config(on_unreachable=OnUnreachable.SKIP)
    going = hold_silent(skips, ["east"], LEAVES, DOWN, state(None), {})
    assert (going.held, going.leaving) == ({"west": ("west",)}, frozenset())
    assert going.names == {"west"}
    assert going.unasked["west"].endswith("[SW425]")
    # What answers leaves.
    assert hold_silent(skips, ["east"], LEAVES, LeavingAnswers(), state(None), {}) == LEAVES


def test_what_is_gone_for_good_leaves_only_where_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_K8S_DELETE_UNREACHABLE", "true")
    assert hold_silent(config(), [], LEAVES, DOWN, state(None), {}) == replace(LEAVES, given_up=frozenset({"west"}))
    answers = LeavingAnswers(silent={"west": Silent("its user may not list", answers=True)})
    with pytest.raises(pulumi.RunError) as caught:
        hold_silent(config(), [], LEAVES, answers, state(None), {})
    assert "PULUMI_K8S_DELETE_UNREACHABLE" not in str(caught.value)
    # Pulumi's provider takes this word alone.
    monkeypatch.setenv("PULUMI_K8S_DELETE_UNREACHABLE", "1")
    with pytest.raises(pulumi.RunError):
        hold_silent(config(), [], LEAVES, DOWN, state(None), {})


def test_a_plugin_of_an_environment_that_stays_as_it_is_is_tried_without_asking_for_rights() -> None:
    status = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t"}}
    user = {"exec": {**WAITS["exec"], "args": ["-c", f"echo '{json.dumps(status)}'"]}}
    with serving(api := Api(rules=())) as url:
        found = asked(state(kubeconfig_text(url, user)), Departures({"west": ("new",)}))
    assert not found.silent
    assert not [each for each in api.asked if "selfsubject" in each]
