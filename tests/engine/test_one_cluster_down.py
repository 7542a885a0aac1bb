"""One of two clusters cannot be used: the other is changed all the same, and nothing of the first is lost."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from lightkube import Client

from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from slicewise.manifests.vocabulary import MANAGED_BY, MANAGED_BY_LABEL
from tests.engine.several_clusters import BOTH, TINY, at, come_back, services
from tests.engine.workspace import Workspace


@pytest.fixture
def stack(workspace: Workspace, clusters: dict[str, Client], plane: ControlPlane, west: ControlPlane) -> Workspace:
    """A stack with a service in each: `a` in east, `b` in west."""
    workspace.set_config('kubeconfigs["east"]', plane.kubeconfig, secret=True)
    workspace.set_config('kubeconfigs["west"]', west.kubeconfig, secret=True)
    workspace.write(*BOTH, TINY, at("east", "a"), at("west", "b"))
    workspace.up()
    assert [services(client) for client in clusters.values()] == [{"a": 1}, {"b": 1}]
    return workspace


def in_state(stack: Workspace, site: str) -> dict[str, dict[str, Any]]:
    """Return the inputs and outputs of an environment's objects in the state, by name; none is secret."""
    resources = json.loads(stack.export())["deployment"]["resources"]
    named = {each["urn"].rpartition("::")[2]: each for each in resources}
    return {
        name: {key: each.get(key) for key in ("id", "inputs", "outputs", "provider", "dependencies", "parent")}
        for name, each in named.items()
        if name.startswith(f"{site}/")
    }


@pytest.mark.long
def test_a_cluster_that_is_down_stops_nobody(stack: Workspace, clusters: dict[str, Client], west: ControlPlane) -> None:
    before = in_state(stack, "west")
    placed = stack.outputs()["placements"]
    server = west.processes[1]
    server.kill()
    try:
        # East is changed; in west one more replica, one that goes, and one that comes.
        stack.write(*BOTH, TINY, at("east", "a", 2), at("west", "c"))
        refused = stack.pulumi("preview", "--stack", "test", fails=True)
        said = refused.stdout + refused.stderr
        assert f"environment west: {west.server} does not answer" in said
        assert "[SW404]" in said
        assert "go on with 1 other environment: pulumi config set slicewise:onUnreachable skip" in said

        stack.set_config("onUnreachable", "skip")
        assert stack.preview().changes() == {"east/team/a-service": "update"}
        update = stack.up()
        assert update.changes() == {"east/team/a-service": "update"}
        assert services(clusters["east"]) == {"a": 2}
        (warning,) = [message for message in update.messages if "SW314" in message]
        assert "environment west is skipped" in warning
        assert "west/team/c is not there yet; west/team/b stays, and goes then" in warning
        assert in_state(stack, "west") == before
        # What is there stays planned and charged.
        outputs = stack.outputs()
        there = {name: each for name, each in outputs["placements"].items() if each["environment"] == "west"}
        assert there == {name: each for name, each in placed.items() if name.startswith("west/")} != {}
        pools = outputs["nodePools"].values()
        assert {each["environment"]: each["allocated"] for each in pools} == {"east": 2, "west": 1}
        assert stack.up().changes() == {}
    finally:
        come_back(server, clusters["west"])

    caught_up = stack.up().changes()
    assert caught_up == {
        "west/team/b": "delete",
        "west/team/b-service": "delete",
        "west/team/c": "create",
        "west/team/c-service": "create",
    }
    assert services(clusters["west"]) == {"c": 1}
    assert stack.up().changes() == {}


@pytest.mark.long
def test_what_moves_to_a_cluster_that_is_down_stays_where_it_is(
    stack: Workspace, clusters: dict[str, Client], west: ControlPlane
) -> None:
    server = west.processes[1]
    server.kill()
    try:
        stack.set_config("onUnreachable", "skip")
        stack.write(*BOTH, TINY, at("west", "a"), at("west", "b"))
        for _ in range(2):
            update = stack.up()
            assert update.changes() == {}
            (told,) = [each for each in update.messages if "SW449" in each]
            assert "it moves from east to west, and stays in east until it is there: west is skipped" in told
            assert services(clusters["east"]) == {"a": 1}
    finally:
        come_back(server, clusters["west"])
    assert set(stack.up().changes().values()) == {"create", "delete"}
    assert [services(client) for client in clusters.values()] == [{}, {"a": 1, "b": 1}]
    assert stack.up().changes() == {}


@pytest.mark.long
def test_a_credential_that_is_refused_stops_nobody(
    stack: Workspace, clusters: dict[str, Client], west: ControlPlane
) -> None:
    dead = re.sub(r"token: \S+", f"token: {'deadbeef' * 4}", west.kubeconfig)
    stack.set_config('kubeconfigs["west"]', dead, secret=True)
    stack.write(*BOTH, TINY, at("east", "a", 3), at("west", "b", 2))
    before = in_state(stack, "west")
    for command in (("preview",), ("up", "--yes", "--skip-preview")):
        run = stack.pulumi(*command, "--stack", "test", fails=True)
        assert "the cluster refuses to be asked: Unauthorized" in run.stdout + run.stderr
        assert "[SW410]" in run.stdout + run.stderr
    assert services(clusters["east"]) == {"a": 1}

    stack.set_config("onUnreachable", "skip")
    assert stack.up().changes() == {"east/team/a-service": "update"}
    assert in_state(stack, "west") == before
    # The credential that the state has is still the one that works.
    stack.set_config('kubeconfigs["west"]', west.kubeconfig, secret=True)
    assert stack.up().changes() == {"west/team/b-service": "update"}
    assert services(clusters["west"]) == {"b": 2}
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")
    assert [services(client) for client in clusters.values()] == [{}, {}]


@pytest.mark.long
def test_a_cluster_that_is_gone_for_good_leaves_as_the_page_says(
    stack: Workspace, clusters: dict[str, Client], west: ControlPlane
) -> None:
    server = west.processes[1]
    server.kill()
    try:
        stack.write(BOTH[0], TINY, at("east", "a", 2))
        run = stack.pulumi("up", "--yes", "--skip-preview", "--stack", "test", fails=True)
        assert "PULUMI_K8S_DELETE_UNREACHABLE" in run.stdout + run.stderr
        assert "[SW425]" in run.stdout + run.stderr
        assert services(clusters["east"]) == {"a": 1}
        stack.environment["PULUMI_K8S_DELETE_UNREACHABLE"] = "true"
        assert any("[SW355]" in message for message in stack.up().messages)
        assert services(clusters["east"]) == {"a": 2}
        del stack.environment["PULUMI_K8S_DELETE_UNREACHABLE"]
        assert in_state(stack, "west") == {}
        # The variable had gone into the provider of the other environment, too, where it would act on a refresh.
        assert stack.up().changes() == {"east-provider": "update"}
        assert stack.up().changes() == {}
    finally:
        come_back(server, clusters["west"])
    # It runs on where the cluster comes back after all: by its label it is found.
    left = clusters["west"].list(LLMInferenceService, namespace="team", labels={MANAGED_BY_LABEL: MANAGED_BY})
    assert [item.metadata and item.metadata.name for item in left] == ["b"]
