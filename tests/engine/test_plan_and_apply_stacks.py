"""A plan stack and two apply stacks on the real engine, each with a cluster of its own: real API servers."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import yaml
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.deadlines import wait_until
from embedded.kserve_kinds import LLMInferenceService
from embedded.processes import Process
from embedded.program import Program
from tests.documents import Document, deployment, environment, model, profile, slices
from tests.engine.several_stacks import Stacks
from tests.engine.workspace import Operation

pytestmark = pytest.mark.long
TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
SITES = {
    name: environment(name, slices("slices", "3g.40gb", memoryPerGpu="39Gi"), labels={"site": name})
    for name in ("mig-a", "mig-b")
}
PLAN = "organization/slicewise/plan"


def at(site: str, name: str, replicas: int = 1) -> Document:
    return deployment(name, "tiny", replicas=replicas, environmentSelector={"site": site})


@pytest.fixture(scope="module")
def west(tmp_path_factory: pytest.TempPathFactory, kserve_kinds: Path) -> Iterator[ControlPlane]:
    """A second API server with KServe's kinds, which tests may kill."""
    with ControlPlane.start(tmp_path_factory.mktemp("west"), data=kserve_kinds) as started:
        yield started


@pytest.fixture
def clusters(plane: ControlPlane, west: ControlPlane) -> Iterator[dict[str, Client]]:
    """Clients of both; namespace `team` is there, and no service before or after the test."""
    with connect(plane) as first, connect(west) as second:
        found = {"mig-a": first, "mig-b": second}
        for client in found.values():
            client.apply(Namespace(metadata=ObjectMeta(name="team")))
            client.deletecollection(LLMInferenceService, namespace="team")
        yield found
        for client in found.values():
            client.deletecollection(LLMInferenceService, namespace="team")


@pytest.fixture
def stacks(tmp_path: Path, clusters: dict[str, Client], plane: ControlPlane, west: ControlPlane) -> Stacks:
    """A plan stack and two apply stacks; nothing has been updated yet."""
    assert set(clusters) == {"mig-a", "mig-b"}
    made = Stacks(Program.create(tmp_path, "plan"))
    made.configure("plan", mode="plan", applyStacks={name: f"organization/slicewise/{name}" for name in SITES})
    for name, cluster in (("mig-a", plane), ("mig-b", west)):
        own = made.of(name)
        own.pulumi("stack", "init", name, "--secrets-provider", "passphrase").check_returncode()
        own.set_config(f'kubeconfigs["{name}"]', cluster.kubeconfig, secret=True)
        made.configure(name, mode="apply", planStack=PLAN, environments=[name], manifests="stacks/plan", verify=False)
    # The plan stack holds no secret: whoever plans needs no passphrase of an apply stack, and none of their files.
    made.write(*SITES.values(), TINY, at("mig-a", "chat"), at("mig-b", "code"))
    return made


def services(client: Client) -> dict[str, int]:
    """Return the replicas of every service in namespace `team`."""
    found = client.list(LLMInferenceService, namespace="team")
    return {str(item.metadata.name): item["spec"]["replicas"] for item in found if item.metadata}


def come_back(server: Process, client: Client) -> None:
    """Start an API server again, and wait until it serves KServe's kinds: their storage comes last."""

    def served() -> bool:
        try:
            services(client)
        except httpx2.HTTPError:
            return False
        return True

    server.restart()
    server.wait_ready()
    wait_until("services are listed", served, seconds=300)


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
    threads = [threading.Thread(target=lambda name=name: said.update({name: stacks.up(name)})) for name in SITES]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert set(said) == set(SITES)
    assert [services(client) for client in clusters.values()] == [{"chat": 1}, {"code": 1}]
    assert stacks.outputs("mig-a")["revision"] == 1

    # Nothing of the one's credential is anywhere in what the other has, said or wrote.
    exported = stacks.run("mig-a", "stack", "export", "--show-secrets")
    everything = exported + "".join(said["mig-a"].messages) + json.dumps(stacks.outputs("mig-a"))
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
        stacks.write(*SITES.values(), TINY, at("mig-a", "chat", 2), at("mig-b", "code", 2))
        assert stacks.up("plan").outputs["revision"] == 2
        assert "[SW404]" in stacks.refused("mig-b")
        assert stacks.up("mig-a").changes() == {"mig-a/team/chat-service": "update"}
        assert services(clusters["mig-a"]) == {"chat": 2}
        # What is there stays planned and charged.
        pools = stacks.outputs("plan")["nodePools"].values()
        assert {each["environment"]: each["allocated"] for each in pools} == {"mig-a": 2, "mig-b": 2}
        assert stacks.outputs("mig-b")["revision"] == 1
    finally:
        come_back(server, clusters["mig-b"])
    assert stacks.up("mig-b").changes() == {"mig-b/team/code-service": "update"}
    assert services(clusters["mig-b"]) == {"code": 2}
    for name in ("plan", *SITES):
        stacks.run(name, "up", "--yes", "--skip-preview", "--expect-no-changes")


def test_what_moves_is_served_before_it_leaves(stacks: Stacks, clusters: dict[str, Client]) -> None:
    for name in ("plan", *SITES):
        stacks.up(name)
    stacks.write(*SITES.values(), TINY, at("mig-b", "chat", 3), at("mig-b", "code"))
    stacks.up("plan")

    first = stacks.up("mig-a")
    assert first.changes() == {}
    (told,) = [each for each in first.messages if "SW449" in each]
    assert "it moves from mig-a to mig-b" in told
    assert "run: pulumi up --stack mig-b" in told
    assert services(clusters["mig-a"]) == {"chat": 1}
    assert stacks.outputs("mig-a")["leaving"].keys() == {"mig-a/team/chat"}
    stacks.run("mig-a", "up", "--yes", "--skip-preview", "--expect-no-changes")

    assert stacks.up("mig-b").changes().keys() == {"mig-b/team/chat", "mig-b/team/chat-service"}
    assert stacks.up("mig-a").changes() == {"mig-a/team/chat": "delete", "mig-a/team/chat-service": "delete"}
    assert [services(client) for client in clusters.values()] == [{}, {"chat": 3, "code": 1}]
    stacks.run("mig-a", "up", "--yes", "--skip-preview", "--expect-no-changes")

    # A whole environment leaves: what moves out of it stays in the same way.
    stacks.write(SITES["mig-a"], TINY, deployment("chat", "tiny"), deployment("code", "tiny"))
    stacks.up("plan")
    waits = stacks.up("mig-b")
    assert waits.changes() == {}
    assert len([each for each in waits.messages if "SW449" in each]) == 1
    stacks.up("mig-a")
    stacks.up("mig-b")
    assert [services(client) for client in clusters.values()] == [{"chat": 1, "code": 1}, {}]
    stacks.run("mig-b", "destroy", "--yes", "--skip-preview")
    stacks.run("mig-b", "stack", "rm", "--yes")


def test_a_plan_counts_as_applied_when_it_serves(stacks: Stacks, clusters: dict[str, Client]) -> None:
    stacks.up("plan")
    # Nothing ever serves here: there is no controller.
    stacks.configure("mig-a", waitForReady=True, readyTimeout=1)
    said = stacks.refused("mig-a")
    assert "Traceback" not in said
    assert services(clusters["mig-a"]) == {"chat": 1}
    assert "revision" not in stacks.outputs("mig-a")
    stacks.configure("mig-a", waitForReady=False)
    assert stacks.up("mig-a").changes() == {}
    assert stacks.outputs("mig-a")["revision"] == 1


def test_plans_that_are_not_to_be_applied(stacks: Stacks, clusters: dict[str, Client]) -> None:
    said = stacks.refused("mig-a")
    assert "stack organization/slicewise/plan has no outputs" in said
    assert "[SW442]" in said
    stacks.up("plan")
    stacks.up("mig-a")
    before = services(clusters["mig-a"])

    # Documents that are not planned yet; then the remedy.
    stacks.write(*SITES.values(), TINY, at("mig-a", "chat", 2), at("mig-b", "code"))
    said = stacks.refused("mig-a")
    assert "[SW444]" in said
    assert "pulumi up --stack plan" in said
    kept = stacks.run("plan", "stack", "export")
    stacks.up("plan")
    stacks.up("mig-a")
    assert services(clusters["mig-a"]) == {"chat": 2} != before

    # An older plan stack, from a backup of its state, with the documents of then.
    newer = stacks.run("plan", "stack", "export")
    restore(stacks, kept)
    stacks.write(*SITES.values(), TINY, at("mig-a", "chat"), at("mig-b", "code"))
    said = stacks.refused("mig-a")
    assert "it is revision 1, and this stack has applied revision 2" in said
    digest = next(word for word in said.split() if word.startswith("sha256:"))
    stacks.configure("mig-a", acceptPlan=digest)
    assert stacks.up("mig-a").changes() == {"mig-a/team/chat-service": "update"}
    restore(stacks, newer)
    stacks.write(*SITES.values(), TINY, at("mig-a", "chat", 2), at("mig-b", "code"))
    stacks.up("mig-a")

    # Edited by hand, and the remedy.
    restore(stacks, newer.replace('"replicas": 2', '"replicas": 9'))
    said = stacks.refused("mig-a")
    assert "they are not as `pulumi up` has written them" in said
    assert "[SW443]" in said
    stacks.up("plan")
    stacks.run("mig-a", "up", "--yes", "--skip-preview", "--expect-no-changes")


def test_two_stacks_never_have_one_environment(stacks: Stacks, clusters: dict[str, Client]) -> None:
    stacks.up("plan")
    stacks.up("mig-a")
    # The plan says whose it is; and where it does not, the services do.
    stacks.configure("mig-b", environments=["mig-a"])
    assert "[SW447]" in stacks.refused("mig-b")
    stacks.configure("plan", applyStacks={})
    stacks.up("plan")
    again = stacks.of("mig-b")
    again.set_config('kubeconfigs["mig-a"]', kubeconfig_of(stacks, "mig-a"), secret=True)
    said = stacks.refused("mig-b")
    assert "belongs to stack organization/slicewise/mig-a" in said
    assert "[SW420]" in said
    assert services(clusters["mig-a"]) == {"chat": 1}

    # A stack that has services does not become a plan stack.
    stacks.configure("mig-a", mode="plan")
    file = stacks.program.directory / "stacks" / "Pulumi.mig-a.yaml"
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    for key in ("planStack", "environments"):
        del written["config"][f"slicewise:{key}"]
    file.write_text(yaml.safe_dump(written), encoding="utf-8")
    assert "[SW448]" in stacks.refused("mig-a")

    stacks.configure("mig-a", mode="apply", planStack=PLAN, environments=["mig-a"])
    stacks.run("plan", "destroy", "--yes", "--skip-preview")
    assert "[SW442]" in stacks.refused("mig-a")
    assert services(clusters["mig-a"]) == {"chat": 1}


def test_from_one_stack_to_several(
    stacks: Stacks, clusters: dict[str, Client], plane: ControlPlane, west: ControlPlane
) -> None:
    prod = stacks.of("prod")
    prod.pulumi("stack", "init", "prod", "--secrets-provider", "passphrase").check_returncode()
    for name, cluster in (("mig-a", plane), ("mig-b", west)):
        prod.set_config(f'kubeconfigs["{name}"]', cluster.kubeconfig, secret=True)
    stacks.configure("prod", manifests="stacks/plan", verify=False)
    stacks.up("prod")
    before = identities(clusters)
    assert {name: len(each) for name, each in before.items()} == {"mig-a": 1, "mig-b": 1}

    # The plan stack keeps what runs, each apply stack takes its services over, and the one stack forgets them.
    stacks.configure("plan", planStack="organization/slicewise/prod")
    assert stacks.up("plan").outputs["placements"] == stacks.outputs("prod")["placements"]
    assert "belongs to stack organization/slicewise/prod" in stacks.refused("mig-a")
    for name, service in (("mig-a", "chat"), ("mig-b", "code")):
        stacks.configure(name, takeOver={f"{name}/team/{service}": "organization/slicewise/prod"})
        stacks.up(name)
    assert "[SW420]" in stacks.refused("prod")
    for name in SITES:
        stacks.run("prod", "state", "delete", "--yes", "--target-dependents", provider(stacks, "prod", name))
    stacks.run("prod", "destroy", "--yes", "--skip-preview")
    stacks.run("prod", "stack", "rm", "--yes")
    assert identities(clusters) == before
    for name in SITES:
        stacks.run(name, "up", "--yes", "--skip-preview", "--expect-no-changes")

    # An environment gets another stack: what the message says is done, and nothing restarts.
    stacks.configure("plan", applyStacks=dict.fromkeys(SITES, "organization/slicewise/mig-b"))
    stacks.up("plan")
    stacks.of("mig-b").set_config('kubeconfigs["mig-a"]', plane.kubeconfig, secret=True)
    both = {"mig-a/team/chat": "organization/slicewise/mig-a"}
    stacks.configure("mig-b", environments=["mig-a", "mig-b"], takeOver=both)
    stacks.up("mig-b")
    assert "[SW447]" in stacks.refused("mig-a")
    stacks.configure("mig-a", environments=["mig-b"])
    stacks.configure("plan", applyStacks={})
    stacks.up("plan")
    said = stacks.refused("mig-a")
    assert "[SW448]" in said
    urn = provider(stacks, "mig-a", "mig-a")
    assert f"pulumi state delete --target-dependents '{urn}'" in said
    stacks.run("mig-a", "state", "delete", "--yes", "--target-dependents", urn)
    stacks.run("mig-a", "destroy", "--yes", "--skip-preview")
    assert identities(clusters) == before


def test_a_cluster_that_is_gone_for_good_leaves_as_the_page_says(
    stacks: Stacks, clusters: dict[str, Client], west: ControlPlane
) -> None:
    for name in ("plan", *SITES):
        stacks.up(name)
    server = west.processes[1]
    server.kill()
    try:
        stacks.write(SITES["mig-a"], TINY, at("mig-a", "chat"), deployment("code", "tiny"))
        stacks.up("plan")
        stacks.up("mig-a")
        assert services(clusters["mig-a"]) == {"chat": 1, "code": 1}
        said = stacks.refused("mig-b")
        assert "[SW425]" in said
        assert "PULUMI_K8S_DELETE_UNREACHABLE=true pulumi up" in said
        gone = stacks.of("mig-b")
        gone.environment["PULUMI_K8S_DELETE_UNREACHABLE"] = "true"
        for command in (["up", "--yes", "--skip-preview"], ["destroy", "--yes", "--skip-preview"]):
            gone.pulumi(*command, "--stack", "mig-b").check_returncode()
        stacks.run("mig-b", "stack", "rm", "--yes")
        stacks.run("mig-a", "up", "--yes", "--skip-preview", "--expect-no-changes")
    finally:
        come_back(server, clusters["mig-b"])


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
