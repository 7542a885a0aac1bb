"""`verify: true`: what is read, what is logged, and what stops the program."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pulumi
import pytest
import yaml

from components.clusters import verifying
from components.clusters.verifying import verify_clusters
from components.object_handling import Handling
from components.stack_config import KubeconfigSourceName, StackConfig, read_stack_config
from embedded.dra_devices import driver_classes
from slicewise.clusters import verify
from slicewise.clusters.live import LiveCluster
from slicewise.clusters.live.existing_objects import ObjectName
from slicewise.clusters.verify.verification import Verified
from slicewise.diagnostics import InvalidInputError
from slicewise.documents import DeploymentKey
from slicewise.planning import PreviousPlacement, make_plan
from slicewise.testing import Recorder
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile
from tests.unit.cli.api_server import api_server, node
from tests.unit.clusters.verify.drivers.driven import SMALL, cut_pool, driven

OWN = "organization/slicewise/test"
CANARY = "canary-token-51c0"
WHOLE = node("n-0", {"pool": "whole"}, {"nvidia.com/gpu": 8})
DOCUMENTS = (model("large", profile("any")), deployment("big", "large", namespace="default"))


def kubeconfig(server: str) -> str:
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": {"token": CANARY}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
    )


def stack(**values: str) -> StackConfig:
    pulumi.runtime.set_all_config({f"slicewise:{key}": value for key, value in values.items()})
    return read_stack_config(pulumi.Config("slicewise"))


def run(
    config: StackConfig,
    documents: tuple[Document, ...],
    servers: Mapping[str, str],
    previous: tuple[PreviousPlacement, ...] = (),
    stacks: frozenset[str] = frozenset({OWN}),
    handlings: Mapping[str, Handling] | None = None,
) -> None:
    """Verify the documents, whose environments are at `servers`."""
    fleet = fleet_of(documents)
    texts = {name: pulumi.Output.secret(kubeconfig(server)) for name, server in servers.items()}
    asyncio.get_event_loop().run_until_complete(
        verify_clusters(config, fleet, make_plan(fleet), previous, texts, stacks=stacks, handlings=handlings or {})
    )


@pytest.fixture
def warnings(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is logged as a warning; the stack's configuration is empty again afterwards."""
    del recorder
    # The mock engine's own first steps, which else would be left undone.
    asyncio.get_event_loop().run_until_complete(asyncio.sleep(0))
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: told.append(message))
    yield told
    pulumi.runtime.set_all_config({})


@pytest.mark.usefixtures("warnings")
def test_the_key_is_true_or_false_or_left_out() -> None:
    assert stack().verify is None
    assert stack(verify="true").verify is True
    assert stack(verify="false").verify is False
    with pytest.raises(InvalidInputError, match='slicewise:verify: got "yes", expected true or false'):
        stack(verify="yes")


def test_what_is_not_wanted_is_not_read(warnings: list[str]) -> None:
    run(stack(verify="false"), (environment("a", pool("whole")),), {"a": "http://127.0.0.1:9"})
    assert warnings == []


def test_clusters_are_compared_where_the_stack_says_nothing_of_it(warnings: list[str]) -> None:
    documents = (environment("a", pool("whole", nodeCount=2)), DOCUMENTS[0])
    needs_two = deployment("big", "large", namespace="default", replicas=16)
    with api_server([WHOLE]) as url, pytest.raises(pulumi.RunError, match=r"lacks room for 8 of 16 replicas \[SW602\]"):
        run(stack(), (*documents, needs_two), {"a": url})
    with pytest.raises(pulumi.RunError, match="clusters cannot be read, so nothing is changed"):
        run(stack(), documents, {"a": "http://127.0.0.1:9"})
    run(stack(kubeconfigSource="none"), documents, {})
    assert warnings == []


@pytest.mark.parametrize("denied", ["nodes", "pods"])
def test_what_may_not_be_read_is_a_note_unless_it_was_asked_for(
    warnings: list[str], monkeypatch: pytest.MonkeyPatch, denied: str
) -> None:
    notes: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda message, *_: notes.append(message))
    documents = (environment("a", pool("whole")), *DOCUMENTS)
    with api_server([WHOLE], forbids=(f"/api/v1/{denied}",)) as url:
        run(stack(), documents, {"a": url})
        (note,) = notes
        assert (warnings, "[SW621]" in note) == ([], True)
        if denied == "nodes":
            assert note.startswith("a: not verified: ")
            with pytest.raises(pulumi.RunError, match="clusters cannot be read, so nothing is changed"):
                run(stack(verify="true"), documents, {"a": url})
        else:
            lacks = "a: this user may not list pods in the whole cluster, so what depends on that is not verified"
            assert note.startswith(lacks)
            with pytest.raises(pulumi.RunError, match="clusters cannot be read, so nothing is changed") as caught:
                run(stack(verify="true"), documents, {"a": url})
            assert lacks in str(caught.value)
            assert warnings == []


def test_a_cluster_as_declared_passes(warnings: list[str]) -> None:
    with api_server([WHOLE]) as url:
        run(stack(verify="true"), (environment("a", pool("whole")), *DOCUMENTS), {"a": url})
    assert warnings == []


def test_warnings_are_logged_and_do_not_stop(warnings: list[str]) -> None:
    with api_server([WHOLE, node("n-1", {"pool": "whole"}, {"nvidia.com/gpu": 8})]) as url:
        run(stack(verify="true"), (environment("a", pool("whole")),), {"a": url})
    (told,) = warnings
    assert told.startswith("a/whole: 2 nodes of 1 declared one: n-0, n-1 [SW603]; write nodeCount: 2")


def test_what_a_cluster_says_is_shown_as_text(warnings: list[str]) -> None:
    named = node("n-\x1b[31m\u202e", {"pool": "whole"}, {"nvidia.com/gpu": 8})
    with api_server([WHOLE, named]) as url:
        run(stack(verify="true"), (environment("a", pool("whole")),), {"a": url})
        (told,) = warnings
        assert "n-\\x1b[31m\\u202e" in told
        assert told.isprintable()
    short = node("n-\x1b[31m\u202e", {"pool": "whole"}, {"nvidia.com/gpu": 4})
    documents = (DOCUMENTS[0], deployment("big", "large", namespace="default", replicas=16))
    with api_server([WHOLE, short]) as url, pytest.raises(pulumi.RunError) as error:
        run(stack(verify="true"), (environment("a", pool("whole", nodeCount=2)), *documents), {"a": url})
    assert "n-\\x1b[31m\\u202e" in str(error.value)
    assert all(line.isprintable() for line in str(error.value).split("\n"))


def test_errors_of_all_environments_stop_together(warnings: list[str]) -> None:
    documents = (
        environment("a", pool("whole")),
        environment("b", pool("whole", nodeCount=2), labels={"is": "b"}),
        environment("c", pool("x")),
        model("large", profile("any")),
        deployment("big", "large", namespace="default", replicas=9, environmentSelector={"is": "b"}),
    )
    with api_server([WHOLE]) as url, pytest.raises(pulumi.RunError) as error:
        run(stack(verify="true"), documents, {"a": url, "b": url, "c": "http://127.0.0.1:9"})
    said = str(error.value)
    assert said.startswith("what is declared and what the clusters have differ, so nothing is changed:\n  c: ")
    assert "the cluster's API server does not answer" in said
    short = "default/big lacks room for 1 of 9 replicas"
    assert f"b/whole: 1 node of 2 declared; {short} [SW602]\n    remedy: write nodeCount: 1, or add the nodes" in said
    assert "a/whole" not in said
    assert CANARY not in said
    assert warnings == []


def test_on_request_what_differs_stops_its_own_environment_alone(warnings: list[str]) -> None:
    config = stack(verify="true", onUnreachable="skip")
    documents = (
        environment("a", pool("whole")),
        environment("b", pool("whole", nodeCount=2), labels={"is": "b"}),
        environment("c", pool("x")),
        model("large", profile("any")),
        deployment("big", "large", namespace="default", replicas=9, environmentSelector={"is": "b"}),
    )
    fleet = fleet_of(documents)
    with api_server([WHOLE]) as url:
        texts = {
            name: pulumi.Output.secret(kubeconfig(server))
            for name, server in {"a": url, "b": url, "c": "http://127.0.0.1:9"}.items()
        }
        checking = verify_clusters(config, fleet, make_plan(fleet), (), texts, stacks=frozenset({OWN}), handlings={})
        skipped = asyncio.get_event_loop().run_until_complete(checking)
    assert set(skipped) == {"b", "c"}
    assert "lacks room for 1 of 9 replicas [SW602]\n    remedy: write nodeCount: 1" in "".join(
        each.text for each in skipped["b"]
    )
    assert skipped["c"][0].text.startswith("c: the cluster's API server does not answer")
    assert skipped["c"][0].text.endswith("[SW621]")
    assert warnings == []


def test_clusters_that_only_cannot_be_read_are_not_said_to_differ(warnings: list[str]) -> None:
    with pytest.raises(pulumi.RunError) as error:
        run(stack(verify="true"), (environment("a", pool("whole")),), {"a": "http://127.0.0.1:9"})
    assert str(error.value).startswith(
        "clusters cannot be read, so nothing is changed:\n  a: the cluster's API server "
    )
    assert warnings == []


@pytest.mark.parametrize("creates", [True, False])
def test_namespaces_that_the_stack_makes_may_be_missing(warnings: list[str], creates: bool) -> None:
    config = replace(stack(verify="true"), create_namespaces=creates)
    documents: tuple[Any, ...] = (environment("a", pool("whole")), *DOCUMENTS)
    with api_server([WHOLE], namespaces=[]) as url:
        if creates:
            run(config, documents, {"a": url})
        else:
            with pytest.raises(pulumi.RunError, match="SW619"):
                run(config, documents, {"a": url})
    assert warnings == []


@pytest.mark.parametrize("creates", [True, False])
def test_device_classes_that_the_stack_makes_may_be_missing(
    warnings: list[str], creates: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "_read", of_dra_driver)
    config = replace(stack(verify="true"), create_device_classes=creates, create_namespaces=True)
    documents: tuple[Any, ...] = (environment("a", cut_pool("extendedResource")), SMALL, deployment("d", "m"))
    if creates:
        run(config, documents, {"a": "http://127.0.0.1:9"})
    else:
        with pytest.raises(pulumi.RunError, match="SW649"):
            run(config, documents, {"a": "http://127.0.0.1:9"})
    assert warnings == []


async def of_dra_driver(*_: object) -> LiveCluster:
    """Return a cluster whose driver has no class for slices."""
    return await asyncio.to_thread(driven, classes=driver_classes())


def test_what_an_update_puts_right_does_not_keep_it_from_it(warnings: list[str]) -> None:
    """A service that somebody deleted: `pulumi up` must get past the verification that tells of it."""
    before = PreviousPlacement(DeploymentKey("default", "big"), "a", "whole", "any", 1, 1)
    with api_server([WHOLE]) as url:
        run(stack(verify="true"), (environment("a", pool("whole")), *DOCUMENTS), {"a": url}, (before,))
    assert warnings == []


def test_without_clusters_one_warning_says_so(warnings: list[str]) -> None:
    config = replace(stack(verify="true"), kubeconfig_source=KubeconfigSourceName.NONE)
    run(config, (environment("a", pool("whole")), environment("b", pool("whole"))), {"a": "http://127.0.0.1:9"})
    assert warnings == [
        "nothing is verified: slicewise:verify is true, and slicewise:kubeconfigSource none leads to no cluster [SW620]"
    ]


def test_a_provisioned_environment_has_nothing_to_read(warnings: list[str]) -> None:
    run(stack(verify="true"), (environment("a", pool("whole")),), {})
    assert warnings == []


@pytest.mark.parametrize(
    ("whose", "stacks", "forced"),
    [
        # slicewise:takeOver has been said.
        ("acme/slicewise/other", {OWN}, True),
        (None, {OWN}, True),
        # What the stack was called before `pulumi stack rename`.
        ("organization/slicewise/before", {OWN, "organization/slicewise/before"}, False),
    ],
)
def test_what_is_taken_over_does_not_stop(
    warnings: list[str], whose: str | None, stacks: set[str], forced: bool
) -> None:
    there = {
        "metadata": {
            "namespace": "default",
            "name": "big",
            "annotations": {"slicewise.dev/stack": whose} if whose else {},
        },
        "spec": {"model": {"uri": "hf://a/b"}, "replicas": 1},
    }
    names = frozenset({ObjectName("LLMInferenceService", "default", "big")} if forced else ())
    with api_server([WHOLE], services=[there]) as url:
        run(
            stack(verify="true"),
            (environment("a", pool("whole")), *DOCUMENTS),
            {"a": url},
            stacks=frozenset(stacks),
            handlings={"a": Handling("a", forced=names)},
        )
    assert warnings == []


def test_what_leaves_for_another_stack_and_was_forgotten_does_not_stop(warnings: list[str]) -> None:
    """After `pulumi state delete`, as SW423 says it: the stack's outputs still have the placement."""
    before = PreviousPlacement(DeploymentKey("default", "old"), "a", "whole", "any", 1, 1)
    marked = {"slicewise.dev/stack": "acme/slicewise/other"}
    there = {"metadata": {"namespace": "default", "name": "old", "annotations": marked}, "spec": {}}
    with api_server([WHOLE], services=[there]) as url:
        run(stack(verify="true"), (environment("a", pool("whole")), *DOCUMENTS), {"a": url}, (before,))
    assert warnings == []


@pytest.mark.usefixtures("warnings")
def test_whose_services_are_is_known_from_what_was_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their pods are the plan's, then, and take no room from it."""
    asked: list[Mapping[str, Any]] = []

    def verified(*_: object, **known: object) -> Verified:
        asked.append(known)
        return Verified((), (), ())

    monkeypatch.setattr(verify, "compare_clusters", verified)
    names = frozenset({ObjectName("LLMInferenceService", "default", "big"), ObjectName("ScaledObject", "default", "x")})
    stacks = frozenset({OWN, "organization/slicewise/before"})
    run(stack(verify="true"), DOCUMENTS[:1], {}, stacks=stacks, handlings={"a": Handling("a", forced=names)})
    assert [(known["stacks"], known["taken"]) for known in asked] == [(stacks, {"a": {("default", "big")}})]
