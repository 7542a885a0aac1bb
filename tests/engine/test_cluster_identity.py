"""Which cluster an environment is: renamed environments move, exchanged clusters are noticed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from tests.documents import deployment, environment, model, profile, slices
from tests.engine.workspace import Workspace, services
from tests.etcd_data import started_with

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
POOLS = environment("mig-a", slices("slices", "3g.40gb"))
CHAT = deployment("chat", "tiny", replicas=3)


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory, kinds: Path) -> Iterator[ControlPlane]:
    """Another cluster: with KServe's kinds and namespace `team`, and nothing else."""
    with started_with(kinds, tmp_path_factory.mktemp("rebuilt")) as started:
        with connect(started) as client:
            client.apply(Namespace(metadata=ObjectMeta(name="team")))
        yield started


def called(name: str) -> dict[str, Any]:
    """Return the environment under another name."""
    renamed = deepcopy(POOLS)
    renamed["metadata"]["name"] = name
    return renamed


def service(client: Client) -> tuple[str, str, int]:
    """Return the service's uid, the environment that it says it is in, and its generation: changes of its spec."""
    found = client.get(LLMInferenceService, "chat", namespace="team").metadata
    assert found
    return str(found.uid), (found.annotations or {})["slicewise.dev/environment"], int(found.generation or 0)


def kube_system(client: Client) -> str:
    found = client.get(Namespace, "kube-system").metadata
    assert found
    return str(found.uid)


def test_an_environment_that_is_renamed_keeps_what_runs(stack: Workspace, cluster: Client) -> None:
    stack.write(POOLS, TINY, CHAT)
    stack.up()
    uid, _, generation = service(cluster)
    assert stack.outputs()["clusters"] == {"mig-a": {"uid": kube_system(cluster), "identifier": "mig-a"}}

    # A better pool is there by now: what runs stays where it is all the same.
    better = slices("a-better-one", "3g.40gb", memoryPerGpu="31Gi")
    renamed = called("mig-b")
    renamed["spec"]["nodePools"].append(better)
    stack.write(renamed, TINY, CHAT)
    assert stack.preview().changes() == {"mig-b/team/chat-service": "update"}
    assert stack.up().changes() == {"mig-b/team/chat-service": "update"}

    assert service(cluster) == (uid, "mig-b", generation)
    (placed,) = stack.outputs()["placements"].values()
    assert (placed["environment"], placed["nodePool"]) == ("mig-b", "slices")
    assert stack.up().changes() == {}

    # And back.
    stack.write(POOLS, TINY, CHAT)
    assert stack.up().changes() == {"mig-a/team/chat-service": "update"}
    assert service(cluster) == (uid, "mig-a", generation)
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")
    assert services(cluster) == []


@pytest.mark.long
def test_two_environments_that_are_one_cluster_become_one(
    stack: Workspace, cluster: Client, plane: ControlPlane
) -> None:
    """The way that docs/day-two.md gives: the service is neither made anew nor deleted with the name that goes."""
    other = called("mig-b")
    other["metadata"]["labels"] = {"only": "b"}
    stack.set_config('kubeconfigs["mig-b"]', plane.kubeconfig, secret=True)
    stack.write(POOLS, other, TINY, deployment("chat", "tiny", replicas=3, environmentSelector={"only": "b"}))
    stack.up()
    uid, environment_then, generation = service(cluster)
    assert environment_then == "mig-b"
    stack.write(POOLS, TINY, CHAT)

    for command in (("preview", "--stack", "test"), ("up", "--yes", "--skip-preview", "--stack", "test")):
        run = stack.pulumi(*command, fails=True)
        said = run.stdout + run.stderr
        assert "is the one that this stack has in environment mig-b" in said
        assert "[SW424]" in said
    assert service(cluster) == (uid, "mig-b", generation)
    for urn in set(re.findall("pulumi state delete --target-dependents '([^']*)'", said)):
        stack.pulumi("state", "delete", "--yes", "--target-dependents", "--stack", "test", urn)
    stack.up()

    assert service(cluster)[:2] == (uid, "mig-a")
    assert stack.up().changes() == {}
    assert services(cluster) == ["chat"]


@pytest.mark.long
def test_a_cluster_that_was_rebuilt_is_noticed_and_filled_again(
    stack: Workspace, cluster: Client, rebuilt: ControlPlane
) -> None:
    stack.write(POOLS, TINY, CHAT)
    stack.up()
    old = service(cluster)
    # The old one is gone for good: what its kubeconfig led to does not answer.
    stack.set_config('kubeconfigs["mig-a"]', rebuilt.kubeconfig, secret=True)
    with connect(rebuilt) as other:
        new = kube_system(other)

        for command in (("preview", "--stack", "test"), ("up", "--yes", "--skip-preview", "--stack", "test")):
            run = stack.pulumi(*command, fails=True)
            said = run.stdout + run.stderr
            assert f"leads to the cluster {new}" in said
            assert kube_system(cluster) in said
            assert "[SW422]" in said
        assert services(other) == []

        # As the message says.
        assert f"""pulumi config set --path 'slicewise:acceptClusters["mig-a"]' {new}""" in said
        stack.set_config('acceptClusters["mig-a"]', new)
        stack.up()

        assert services(other) == ["chat"]
        assert stack.outputs()["clusters"] == {"mig-a": {"uid": new, "identifier": "mig-a"}}
        assert stack.up().changes() == {}
        # What the old one has is left alone.
        assert service(cluster) == old
        stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")
        assert services(other) == []


@pytest.mark.long
@pytest.mark.parametrize(
    "damaged",
    [{"placements": {"a": 1}}, {"placements": "text"}, {"placements": [1, 2]}, {"clusters": {"mig-b": 1}}],
    ids=["a mapping", "a text", "numbers", "clusters"],
)
def test_outputs_that_nobody_can_read_have_a_way_out(
    stack: Workspace, cluster: Client, damaged: dict[str, object]
) -> None:
    """Also of an environment that was renamed: without its outputs, only the state knows the provider's name for it."""
    stack.write(POOLS, TINY, CHAT)
    stack.up()
    stack.write(called("mig-b"), TINY, CHAT)
    stack.up()
    before = service(cluster)
    stack.edit_outputs(**damaged)
    run = stack.pulumi("up", "--yes", "--skip-preview", "--stack", "test", fails=True)
    assert "[SW109]" in run.stdout + run.stderr
    assert "pulumi config set slicewise:planAfresh true" in run.stdout + run.stderr

    stack.set_config("planAfresh", "true")
    stack.up()

    assert service(cluster) == before
    again = stack.up()
    assert again.changes() == {}
    assert any("planAfresh has no effect" in message for message in again.messages)
