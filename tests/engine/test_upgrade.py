"""A stack that Pulumi 3.259.0 and provider 4.18.1 made stays as it is with those that are pinned now."""

from __future__ import annotations

import hashlib
import json

from lightkube import Client

from embedded.kserve_kinds import LLMInferenceService
from embedded.toolchain import built_provider
from tests.documents import deployment, environment, model, pool, profile, slices
from tests.engine.workspace import Workspace

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
HUGE = model("huge", profile("two-nodes", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi"))
POOLS = environment("mig-a", slices("slices", "3g.40gb"), pool("whole", nodeCount=2, multiNodeCapable=True))

PROVIDER = "pulumi:providers:kubernetes"


def as_before(state: str) -> str:
    """Return a state as the older ones have written it of the same objects.

    Compared as both exported them (Kubernetes 1.34.2, the documents above): all else was equal, but for times, lines of
    the program, and the order of dependencies.
    """
    read = json.loads(state)
    # What `pulumi` checks the manifest by is made of the version (pkg/resource/deploy/manifest.go, NewMagic).
    read["deployment"]["manifest"] |= {"version": "v3.259.0", "magic": hashlib.sha256(b"v3.259.0").hexdigest()}
    for each in read["deployment"]["resources"]:
        if each["type"] == PROVIDER:
            each["inputs"]["version"] = each["outputs"]["version"] = "4.18.1"
    return json.dumps(read)


def inputs(state: str) -> set[tuple[str, str, str]]:
    """Return every input of every resource; without a kubeconfig's text, which is encrypted anew each time."""
    return {
        (each["urn"].rpartition("::")[2], name, "" if name == "kubeconfig" else json.dumps(value))
        for each in json.loads(state)["deployment"]["resources"]
        for name, value in each.get("inputs", {}).items()
    }


def generations(cluster: Client) -> dict[str | None, int | None]:
    found = cluster.list(LLMInferenceService, namespace="team")
    return {each.metadata.name: each.metadata.generation for each in found if each.metadata}


def test_newer_versions_change_nothing_but_the_providers_own_version(stack: Workspace, cluster: Client) -> None:
    stack.set_config("createNamespaces", "true")
    stack.write(POOLS, TINY, HUGE, deployment("chat", "tiny", replicas=3), deployment("big", "huge"))
    stack.up()
    before = as_before(stack.export())
    stack.pulumi("stack", "import", "--force", "--stack", "test", stdin=before)

    preview = stack.preview()

    assert preview.changes() == {"mig-a-provider": "update"}
    assert stack.up().changes() == {"mig-a-provider": "update"}
    assert inputs(stack.export()) - inputs(before) == {("mig-a-provider", "version", json.dumps(built_provider()))}
    stack.pulumi("preview", "--expect-no-changes", "--stack", "test")
    assert generations(cluster) == {"chat": 1, "big-n2": 1}
