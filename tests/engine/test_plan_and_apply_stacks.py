"""A plan stack and two apply stacks on the real engine, each with a cluster of its own: real API servers."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from pathlib import Path

import pytest
import yaml
from lightkube import Client

from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from tests.documents import deployment, environment
from tests.engine.several_clusters import BOTH, TINY, at, come_back, services
from tests.engine.several_stacks import PLAN, Stacks
from tests.engine.workspace import Operation

pytestmark = pytest.mark.long
NAMES = ("east", "west")


@pytest.fixture
def stacks(tmp_path: Path, clusters: dict[str, Client], plane: ControlPlane, west: ControlPlane) -> Stacks:
    """A plan stack and two apply stacks; nothing has been updated yet."""
    assert set(clusters) == {*NAMES}
    made = Stacks.create(tmp_path, {"east": plane, "west": west})
    made.write(*BOTH, TINY, at("east", "chat"), at("west", "code"))
    return made


def credentials(cluster: ControlPlane) -> list[str]:
    """Return what of a kubeconfig lets its holder in: tokens and private keys, as they are and decoded."""
    found = []
    for user in yaml.safe_load(cluster.kubeconfig)["users"]:
        for key in ("token", "client-key-data", "password"):
            if value := user["user"].get(key):
                found.append(value)
                if key.endswith("-data"):
                    found.append(base64.b64decode(value).decode())
    assert found
    return found


def test_each_applies_its_own_and_one_that_is_down_stops_nobody(
    stacks: Stacks, clusters: dict[str, Client], plane: ControlPlane, west: ControlPlane
) -> None:
    planned = stacks.up("plan")
    assert {step.resource_type for step in planned.steps} == {"pulumi:pulumi:Stack", "slicewise:index:Fleet"}
    stacks.run("plan", "up", "--yes", "--skip-preview", "--expect-no-changes")
    assert stacks.outputs("plan")["revision"] == 1

    # Both at once.
    said: dict[str, Operation] = {}
    threads = [threading.Thread(target=lambda name=name: said.update({name: stacks.up(name)})) for name in NAMES]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert set(said) == {*NAMES}
    assert [services(client) for client in clusters.values()] == [{"chat": 1}, {"code": 1}]
    assert stacks.outputs("east")["revision"] == 1

    # Nothing of the one's credential is anywhere in what the other has, said or wrote.
    exported = stacks.run("east", "stack", "export", "--show-secrets")
    everything = exported + "".join(said["east"].messages) + json.dumps(stacks.outputs("east"))
    own = credentials(plane)
    assert any(json.dumps(each)[1:-1] in exported or each in exported for each in own)
    for secret in credentials(west):
        assert secret not in everything
        assert json.dumps(secret)[1:-1] not in everything
    for file in stacks.program.directory.rglob("*"):
        if file.is_file() and ".venv" not in file.parts and not file.is_symlink():
            text = file.read_bytes().decode(errors="replace")
            assert not [each for each in [*own, *credentials(west)] if each in text], file

    server = west.processes[1]
    server.kill()
    try:
        stacks.write(*BOTH, TINY, at("east", "chat", 2), at("west", "code", 2))
        assert stacks.up("plan").outputs["revision"] == 2
        assert "[SW404]" in stacks.refused("west")
        assert stacks.up("east").changes() == {"east/team/chat-service": "update"}
        assert services(clusters["east"]) == {"chat": 2}
        # What is there stays planned and charged.
        pools = stacks.outputs("plan")["nodePools"].values()
        assert {each["environment"]: each["allocated"] for each in pools} == {"east": 2, "west": 2}
        assert stacks.outputs("west")["revision"] == 1
    finally:
        come_back(server, clusters["west"])
    assert stacks.up("west").changes() == {"west/team/code-service": "update"}
    assert services(clusters["west"]) == {"code": 2}
    for name in ("plan", *NAMES):
        stacks.run(name, "up", "--yes", "--skip-preview", "--expect-no-changes")


def test_what_moves_is_served_before_it_leaves(stacks: Stacks, clusters: dict[str, Client]) -> None:
    for name in ("plan", *NAMES):
        stacks.up(name)
    stacks.write(*BOTH, TINY, at("west", "chat", 3), at("west", "code"))
    stacks.up("plan")

    first = stacks.up("east")
    assert first.changes() == {}
    (told,) = [each for each in first.messages if "SW449" in each]
    assert "it moves from east to west" in told
    assert "run: pulumi up --stack west" in told
    assert services(clusters["east"]) == {"chat": 1}
    assert stacks.outputs("east")["leaving"].keys() == {"east/team/chat"}
    stacks.run("east", "up", "--yes", "--skip-preview", "--expect-no-changes")

    assert stacks.up("west").changes().keys() == {"west/team/chat", "west/team/chat-service"}
    assert stacks.up("east").changes() == {"east/team/chat": "delete", "east/team/chat-service": "delete"}
    assert [services(client) for client in clusters.values()] == [{}, {"chat": 3, "code": 1}]
    stacks.run("east", "up", "--yes", "--skip-preview", "--expect-no-changes")

    # A whole environment leaves: what moves out of it stays in the same way.
    stacks.write(BOTH[0], TINY, deployment("chat", "tiny"), deployment("code", "tiny"))
    stacks.up("plan")
    waits = stacks.up("west")
    assert waits.changes() == {}
    assert len([each for each in waits.messages if "SW449" in each]) == 1
    stacks.up("east")
    stacks.up("west")
    assert [services(client) for client in clusters.values()] == [{"chat": 1, "code": 1}, {}]
    # Nothing of it is left, and the next update says so.
    assert "[SW446]" in stacks.refused("west")
    stacks.run("west", "destroy", "--yes", "--skip-preview")
    stacks.run("west", "stack", "rm", "--yes")


def test_what_moves_out_of_an_environment_that_is_renamed_waits_too(
    stacks: Stacks, clusters: dict[str, Client], plane: ControlPlane
) -> None:
    stacks.write(*BOTH, TINY, at("east", "chat"), at("east", "home"), at("west", "code"))
    for name in ("plan", *NAMES):
        stacks.up(name)
    before = identities(clusters)

    renamed = environment("east2", *BOTH[0]["spec"]["nodePools"], labels={"site": "east"})
    stacks.write(renamed, BOTH[1], TINY, at("west", "chat"), at("east", "home"), at("west", "code"))
    stacks.configure(
        "plan", applyStacks={"east2": "organization/slicewise/east", "west": "organization/slicewise/west"}
    )
    stacks.up("plan")
    stacks.configure("east", environments=["east2"])
    stacks.of("east").set_config('kubeconfigs["east2"]', plane.kubeconfig, secret=True)
    first = stacks.up("east")
    assert any("it moves from east2 to west" in each for each in first.messages)
    assert "delete" not in first.changes().values()
    assert services(clusters["east"]) == {"chat": 1, "home": 1}
    assert {uid for uid, _ in identities(clusters)["east"]} == {uid for uid, _ in before["east"]}
    assert stacks.outputs("east")["leaving"].keys() == {"east2/team/chat"}
    stacks.run("east", "up", "--yes", "--skip-preview", "--expect-no-changes")

    stacks.up("west")
    assert stacks.up("east").changes() == {"east2/team/chat": "delete", "east2/team/chat-service": "delete"}
    assert [services(client) for client in clusters.values()] == [{"home": 1}, {"chat": 1, "code": 1}]
    stacks.run("east", "up", "--yes", "--skip-preview", "--expect-no-changes")


def test_a_plan_counts_as_applied_when_it_serves(stacks: Stacks, clusters: dict[str, Client]) -> None:
    stacks.up("plan")
    # Nothing ever serves here: there is no controller.
    stacks.configure("east", waitForReady=True, readyTimeout=1)
    said = stacks.refused("east")
    assert "Traceback" not in said
    assert services(clusters["east"]) == {"chat": 1}
    assert "revision" not in stacks.outputs("east")
    stacks.configure("east", waitForReady=False)
    assert stacks.up("east").changes() == {}
    assert stacks.outputs("east")["revision"] == 1


def test_plans_that_are_not_to_be_applied(stacks: Stacks, clusters: dict[str, Client]) -> None:
    said = stacks.refused("east")
    assert "stack organization/slicewise/plan has no outputs" in said
    assert "[SW442]" in said
    stacks.up("plan")
    stacks.up("east")
    before = services(clusters["east"])

    # Documents that are not planned yet; then the remedy.
    stacks.write(*BOTH, TINY, at("east", "chat", 2), at("west", "code"))
    said = stacks.refused("east")
    assert "[SW444]" in said
    assert "pulumi up --stack plan" in said
    kept = stacks.run("plan", "stack", "export")
    stacks.up("plan")
    stacks.up("east")
    assert services(clusters["east"]) == {"chat": 2} != before

    # An older plan stack, from a backup of its state, with the documents of then.
    newer = stacks.run("plan", "stack", "export")
    restore(stacks, kept)
    stacks.write(*BOTH, TINY, at("east", "chat"), at("west", "code"))
    said = stacks.refused("east")
    assert "it is revision 1, and this stack has applied revision 2" in said
    digest = next(word for word in said.split() if word.startswith("sha256:"))
    stacks.configure("east", acceptPlan=digest)
    assert stacks.up("east").changes() == {"east/team/chat-service": "update"}
    restore(stacks, newer)
    stacks.write(*BOTH, TINY, at("east", "chat", 2), at("west", "code"))
    stacks.up("east")

    # Edited by hand, and the remedy.
    restore(stacks, newer.replace('"replicas": 2', '"replicas": 9'))
    said = stacks.refused("east")
    assert "they are not as `pulumi up` has written them" in said
    assert "[SW443]" in said
    stacks.up("plan")
    stacks.run("east", "up", "--yes", "--skip-preview", "--expect-no-changes")


def test_two_stacks_never_have_one_environment(stacks: Stacks, clusters: dict[str, Client]) -> None:
    stacks.up("plan")
    stacks.up("east")
    # The plan says whose it is; and where it does not, the services do.
    stacks.configure("west", environments=["east"])
    assert "[SW447]" in stacks.refused("west")
    stacks.configure("plan", applyStacks={})
    stacks.up("plan")
    again = stacks.of("west")
    again.set_config('kubeconfigs["east"]', kubeconfig_of(stacks, "east"), secret=True)
    said = stacks.refused("west")
    assert "belongs to stack organization/slicewise/east" in said
    assert "[SW420]" in said
    assert services(clusters["east"]) == {"chat": 1}

    # A stack that has services does not become a plan stack.
    stacks.configure("east", mode="plan")
    file = stacks.program.directory / "stacks" / "Pulumi.east.yaml"
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    for key in ("planStack", "environments"):
        del written["config"][f"slicewise:{key}"]
    file.write_text(yaml.safe_dump(written), encoding="utf-8")
    assert "[SW448]" in stacks.refused("east")

    stacks.configure("east", mode="apply", planStack=PLAN, environments=["east"])
    stacks.run("plan", "destroy", "--yes", "--skip-preview")
    assert "[SW442]" in stacks.refused("east")
    assert services(clusters["east"]) == {"chat": 1}


def test_from_one_stack_to_several(
    stacks: Stacks, clusters: dict[str, Client], plane: ControlPlane, west: ControlPlane
) -> None:
    prod = stacks.of("prod")
    prod.pulumi("stack", "init", "prod", "--secrets-provider", "passphrase").check_returncode()
    for name, cluster in (("east", plane), ("west", west)):
        prod.set_config(f'kubeconfigs["{name}"]', cluster.kubeconfig, secret=True)
    stacks.configure("prod", manifests="stacks/plan", verify=False)
    stacks.up("prod")
    before = identities(clusters)
    assert {name: len(each) for name, each in before.items()} == {"east": 1, "west": 1}

    # The plan stack keeps what runs, each apply stack takes its services over, and the one stack forgets them.
    stacks.configure("plan", planStack="organization/slicewise/prod")
    assert stacks.up("plan").outputs["placements"] == stacks.outputs("prod")["placements"]
    assert "belongs to stack organization/slicewise/prod" in stacks.refused("east")
    for name, service in (("east", "chat"), ("west", "code")):
        stacks.configure(name, takeOver={f"{name}/team/{service}": "organization/slicewise/prod"})
        stacks.up(name)
    assert "[SW420]" in stacks.refused("prod")
    for name in NAMES:
        stacks.run("prod", "state", "delete", "--yes", "--target-dependents", provider(stacks, "prod", name))
    stacks.run("prod", "destroy", "--yes", "--skip-preview")
    stacks.run("prod", "stack", "rm", "--yes")
    assert identities(clusters) == before
    for name in NAMES:
        stacks.run(name, "up", "--yes", "--skip-preview", "--expect-no-changes")

    # An environment gets another stack: what the message says is done, and nothing restarts.
    stacks.configure("plan", applyStacks=dict.fromkeys(NAMES, "organization/slicewise/west"))
    stacks.up("plan")
    stacks.of("west").set_config('kubeconfigs["east"]', plane.kubeconfig, secret=True)
    both = {"east/team/chat": "organization/slicewise/east"}
    stacks.configure("west", environments=["east", "west"], takeOver=both)
    stacks.up("west")
    assert "[SW447]" in stacks.refused("east")
    stacks.configure("east", environments=["west"])
    stacks.configure("plan", applyStacks={})
    stacks.up("plan")
    said = stacks.refused("east")
    assert "[SW448]" in said
    urn = provider(stacks, "east", "east")
    assert f"pulumi state delete --target-dependents '{urn}'" in said
    stacks.run("east", "state", "delete", "--yes", "--target-dependents", urn)
    stacks.run("east", "destroy", "--yes", "--skip-preview")
    assert identities(clusters) == before


def test_a_cluster_that_is_gone_for_good_leaves_as_the_page_says(
    stacks: Stacks, clusters: dict[str, Client], west: ControlPlane
) -> None:
    for name in ("plan", *NAMES):
        stacks.up(name)
    server = west.processes[1]
    server.kill()
    try:
        stacks.write(BOTH[0], TINY, at("east", "chat"), deployment("code", "tiny"))
        stacks.up("plan")
        stacks.up("east")
        assert services(clusters["east"]) == {"chat": 1, "code": 1}
        said = stacks.refused("west")
        assert "[SW425]" in said
        assert "PULUMI_K8S_DELETE_UNREACHABLE=true pulumi up" in said
        gone = stacks.of("west")
        gone.environment["PULUMI_K8S_DELETE_UNREACHABLE"] = "true"
        for command in (["up", "--yes", "--skip-preview"], ["destroy", "--yes", "--skip-preview"]):
            gone.pulumi(*command, "--stack", "west").check_returncode()
        stacks.run("west", "stack", "rm", "--yes")
        stacks.run("east", "up", "--yes", "--skip-preview", "--expect-no-changes")
    finally:
        come_back(server, clusters["west"])


def identities(clusters: dict[str, Client]) -> dict[str, list[tuple[str, int]]]:
    """Return the uid and the generation of every service: the one changes when it is made again, the other with it."""
    return {
        name: sorted(
            (str(item.metadata.uid), int(item.metadata.generation or 0))
            for item in client.list(LLMInferenceService, namespace="team")
            if item.metadata
        )
        for name, client in clusters.items()
    }


def provider(stacks: Stacks, stack: str, name: str) -> str:
    """Return what a stack calls the provider of an environment."""
    resources = json.loads(stacks.run(stack, "stack", "export"))["deployment"]["resources"]
    (urn,) = (str(each["urn"]) for each in resources if each["urn"].endswith(f"::{name}-provider"))
    return urn


def restore(stacks: Stacks, exported: str) -> None:
    done: subprocess.CompletedProcess[str] = stacks.of("plan").pulumi(
        "stack", "import", "--force", "--stack", "plan", stdin=exported
    )
    done.check_returncode()


def kubeconfig_of(stacks: Stacks, name: str) -> str:
    found = stacks.of(name).pulumi("config", "get", "--path", f'slicewise:kubeconfigs["{name}"]', "--stack", name)
    return found.stdout
