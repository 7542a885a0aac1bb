"""`createNamespaces` makes what is missing; what is there is used, and no namespace is ever deleted."""

from __future__ import annotations

from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace

from embedded.kserve_kinds import LLMInferenceService
from tests.documents import deployment, environment, model, profile, slices
from tests.engine.workspace import Workspace, services

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
POOLS = environment("mig-a", slices("slices", "3g.40gb"))


def namespace(client: Client, name: str) -> ObjectMeta:
    found = client.get(Namespace, name).metadata
    assert found
    return found


def test_namespaces_of_others_are_used_and_left_as_they_are(stack: Workspace, cluster: Client) -> None:
    cluster.apply(Namespace(metadata=ObjectMeta(name="platform", labels={"made-by": "a-team"})))
    before = {name: namespace(cluster, name) for name in ("platform", "default")}
    stack.set_config("createNamespaces", "true")
    stack.write(
        POOLS,
        TINY,
        deployment("chat", "tiny", namespace="default"),
        deployment("chat", "tiny", namespace="platform"),
        deployment("chat", "tiny", namespace="fresh-team"),
    )

    created = stack.up()

    assert [name for name in created.changes() if name.endswith("/namespace")] == ["mig-a/fresh-team/namespace"]
    assert any(
        "namespace platform is already in mig-a, and this stack did not create it: " in said
        for said in created.messages
    )
    assert (namespace(cluster, "fresh-team").annotations or {})["slicewise.dev/stack"] == "organization/slicewise/test"
    assert stack.up().changes() == {}

    # The last deployment of a namespace goes, and then all of the stack: no namespace does, and no error comes.
    stack.write(POOLS, TINY, deployment("chat", "tiny", namespace="default"))
    stack.up()
    assert services(cluster, "fresh-team") == services(cluster, "platform") == []
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")

    assert services(cluster, "default") == []
    assert {name: namespace(cluster, name) for name in before} == before
    assert namespace(cluster, "fresh-team").deletionTimestamp is None


def test_the_stack_knows_its_own_namespace_again(stack: Workspace, cluster: Client) -> None:
    stack.set_config("createNamespaces", "true")
    stack.write(POOLS, TINY, deployment("chat", "tiny", namespace="again"))
    stack.up()
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")

    stack.up()

    assert cluster.get(LLMInferenceService, "chat", namespace="again")["spec"]["replicas"] == 1
    assert stack.up().changes() == {}
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")


def test_all_that_are_missing_are_said_by_preview_before_anything_is_declared(stack: Workspace) -> None:
    stack.write(POOLS, TINY, *(deployment("chat", "tiny", namespace=name) for name in ("default", "lost-a", "lost-b")))

    run = stack.pulumi("preview", "--stack", "test", fails=True)
    shown = " ".join((run.stdout + run.stderr).split())

    assert "2 namespaces of the plan's deployments are not there: lost-a, lost-b; " in shown
    assert "[SW416]" in shown
    stack.set_config("createNamespaces", "true")
    assert "mig-a/lost-a/namespace" in stack.preview().changes()
