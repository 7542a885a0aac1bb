"""The life of a stack on a real API server with KServe's kinds: created, unchanged, grown, shrunk, gone."""

from __future__ import annotations

from lightkube import Client
from lightkube.generic_resource import GenericNamespacedResource

from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService, LLMInferenceServiceConfig
from tests.documents import deployment, environment, model, pool, profile, slices
from tests.engine.workspace import Workspace, services

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
SMALL = model("small", profile("any", memoryPerGpu="20Gi", mig="only"))
HUGE = model("huge", profile("two-nodes", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi"))
POOLS = environment(
    "mig-a",
    slices("slices-a", "3g.40gb"),
    slices("slices-b", "3g.40gb"),
    pool("whole", nodeCount=2, multiNodeCapable=True),
)


def version(item: GenericNamespacedResource) -> int:
    """Return what changes with every write to an object, and grows over all objects."""
    assert item.metadata
    return int(item.metadata.resourceVersion or 0)


def test_life_of_a_stack(stack: Workspace, cluster: Client, plane: ControlPlane) -> None:
    stack.write(POOLS, TINY, SMALL, deployment("chat", "tiny", replicas=3))
    stack.up()
    created = cluster.get(LLMInferenceService, "chat", namespace="team")
    assert created["spec"]["replicas"] == 3
    template = created["spec"]["template"]
    assert template["nodeSelector"] == {"pool": "slices-a"}
    assert template["containers"][0]["resources"]["limits"]["nvidia.com/mig-3g.40gb"] == "1"

    # A second up changes nothing: `--expect-no-changes` makes a change an error.
    assert stack.up().changes() == {}
    stack.pulumi("preview", "--expect-no-changes", "--stack", "test")

    # A newcomer that would be placed first, on the pool that the other has, moves nothing.
    stack.write(POOLS, TINY, SMALL, deployment("chat", "tiny", replicas=3), deployment("agent", "small", priority=9))
    assert stack.up().changes() == {"mig-a/team/agent": "create", "mig-a/team/agent-service": "create"}
    assert services(cluster) == ["agent", "chat"]
    after = cluster.get(LLMInferenceService, "chat", namespace="team")
    assert version(after) == version(created)

    # Removing one deletes exactly it.
    stack.write(POOLS, TINY, SMALL, deployment("agent", "small", priority=9))
    assert stack.up().changes() == {"mig-a/team/chat": "delete", "mig-a/team/chat-service": "delete"}
    assert services(cluster) == ["agent"]

    # The credentials are nowhere in clear: not in the state, not in the configuration.
    token = plane.kubeconfig.rpartition("token: ")[2].split()[0].strip("'\"")
    assert len(token) >= 32
    for text in (stack.export(), (stack.directory / "stacks/Pulumi.test.yaml").read_text()):
        assert token not in text
        assert "certificate-authority-data" not in text

    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")
    assert services(cluster) == []
    assert '"resources"' not in stack.export()


def test_placements_stick_though_a_better_place_appears(stack: Workspace, cluster: Client) -> None:
    roomy = environment("mig-a", slices("roomy", "3g.40gb"))
    both = environment("mig-a", slices("roomy", "3g.40gb"), slices("tight", "3g.40gb", memoryPerGpu="31Gi"))
    chat = deployment("chat", "tiny")
    stack.write(roomy, TINY, chat)
    stack.up()

    stack.write(both, TINY, SMALL, chat, deployment("agent", "small"))
    stack.up()

    placed = {item["deployment"]["name"]: item["nodePool"] for item in stack.outputs()["placements"].values()}
    assert placed == {"chat": "roomy", "agent": "tight"}
    selectors = {
        name: cluster.get(LLMInferenceService, name, namespace="team")["spec"]["template"]["nodeSelector"]
        for name in ("chat", "agent")
    }
    assert selectors == {"chat": {"pool": "roomy"}, "agent": {"pool": "tight"}}


def test_multi_node_service_and_its_config_are_accepted(stack: Workspace, cluster: Client) -> None:
    stack.write(POOLS, HUGE, deployment("huge", "huge"))

    stack.up()

    service = cluster.get(LLMInferenceService, "huge-n2", namespace="team")
    assert service["spec"]["parallelism"] == {"tensor": 8, "pipeline": 2}
    for pods in ("template", "worker"):
        assert service["spec"][pods]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "8"
        assert service["spec"][pods]["nodeSelector"] == {"pool": "whole"}
    config = cluster.get(LLMInferenceServiceConfig, "kserve-config-llm-worker-pipeline-parallel", namespace="team")
    # KServe does not notice a config that comes after the service.
    assert version(config) < version(service)
    assert stack.up().changes() == {}


def test_namespaces_are_created_on_request(stack: Workspace, cluster: Client) -> None:
    stack.set_config("createNamespaces", "true")
    stack.write(POOLS, TINY, deployment("chat", "tiny", namespace="new-team"))

    stack.up()

    assert cluster.get(LLMInferenceService, "chat", namespace="new-team")["spec"]["replicas"] == 1


def test_a_renamed_pool_is_said_and_changes_no_more_than_its_name(stack: Workspace, cluster: Client) -> None:
    chat = deployment("chat", "tiny")
    stack.write(environment("mig-a", slices("old", "3g.40gb", nodeSelector={"pool": "same"})), TINY, chat)
    stack.up()

    roomier = environment(
        "mig-a", slices("new", "3g.40gb", nodeSelector={"pool": "same"}), slices("z", "3g.40gb", nodeCount=9)
    )
    stack.write(roomier, TINY, chat)
    update = stack.up()

    said = "team/chat: from mig-a/old with any to mig-a/new with any: environment mig-a has no pool old any more"
    assert any(said in message for message in update.messages)
    assert update.changes() == {"mig-a/team/chat-service": "update"}
    service = cluster.get(LLMInferenceService, "chat", namespace="team")
    assert service["spec"]["template"]["nodeSelector"] == {"pool": "same"}
