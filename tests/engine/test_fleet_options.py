"""Pulumi's options of a Fleet, on the real engine: each does what docs/components.md says of it."""

from __future__ import annotations

from pathlib import Path

from lightkube import Client

from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from tests.documents import deployment, environment, model, profile, slices
from tests.engine.user_program import UserProgram
from tests.engine.workspace import services

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
POOLS = environment("mig-a", slices("slices", "3g.40gb"))
CHAT = "mig-a/team/chat-service"

PROGRAM = """
import json
from pathlib import Path

import pulumi
from pulumi_kubernetes import Provider
from pulumi_kubernetes.core.v1 import ConfigMap

from components.fleet import Fleet


class Platform(pulumi.ComponentResource):
    def __init__(self):
        super().__init__("acme:index:Platform", "platform")


def label(args):
    if args.type_.endswith(":LLMInferenceService"):
        labels = args.props["metadata"].setdefault("labels", {{}})
        labels["team"] = "acme"
    return pulumi.ResourceTransformResult(args.props, args.opts)


text = pulumi.Config().require_secret("kubeconfig")
management = Provider("management", kubeconfig=text)
soon = pulumi.CustomTimeouts(delete="20s")
here = pulumi.ResourceOptions(provider=management, custom_timeouts=soon)
operator = ConfigMap("operator", metadata={{"name": "operator", "namespace": "default"}}, opts=here)
fleet = Fleet(
    {name!r},
    **json.loads(Path("documents.json").read_text()),
    kubeconfigs={{"mig-a": text}},
    opts=pulumi.ResourceOptions({options}),
)
after = ConfigMap(
    "after",
    metadata={{"name": "after", "namespace": "default"}},
    opts=pulumi.ResourceOptions(provider=management, depends_on=[fleet], custom_timeouts=soon),
)
"""


def program(options: str, name: str = "models") -> str:
    return PROGRAM.format(options=options, name=name)


def test_options_do_what_users_expect(tmp_path: Path, cluster: Client, plane: ControlPlane) -> None:
    platform = UserProgram.of(tmp_path, program("depends_on=[operator]"))
    platform.pulumi("config", "set", "--secret", "kubeconfig", "--stack", "test", stdin=plane.kubeconfig)
    platform.write(POOLS, TINY, deployment("chat", "tiny"))

    # depends_on: what the fleet waits for is not there in the first preview, so no cluster is asked.
    assert any("operator must be there first" in message for message in platform.preview().messages)
    platform.up()
    assert services(cluster) == ["chat"]
    by_name = {urn.rpartition("::")[2]: each for urn, each in platform.resources().items()}
    operator, service = by_name["operator"]["urn"], by_name[CHAT]["urn"]
    # It goes after what the fleet has applied, and what depends on the fleet goes before.
    assert operator in by_name["mig-a-provider"]["dependencies"]
    assert service in by_name["after"]["dependencies"]

    # aliases and parent: under another name and another component it is the same fleet, and nothing is made anew.
    platform.rewrite(
        program(
            'depends_on=[operator], parent=Platform(), aliases=[pulumi.Alias(name="models", parent=None)]', "language"
        )
    )
    assert platform.up().changes() == {"platform": "create"}
    assert platform.up().changes() == {}
    (moved,) = (urn for urn in platform.resources() if urn.endswith(f"::{CHAT}"))
    assert "acme:index:Platform$slicewise:index:Fleet$slicewise:index:InferenceEnvironment$" in moved

    # ignore_changes, replace_on_changes: of a component they concern its own inputs, and it has none.
    inert = 'ignore_changes=["*"], replace_on_changes=["*"], parent=Platform()'
    platform.rewrite(program(inert, "language"))
    platform.write(POOLS, TINY, deployment("chat", "tiny", replicas=2))
    assert platform.up().changes() == {CHAT: "update"}
    assert cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]["replicas"] == 2

    # providers: a provider that is passed is not used for what is in the environments: that goes to their clusters.
    platform.rewrite(program("providers=[management], parent=Platform()", "language"))
    assert platform.up().changes() == {}
    (service_now,) = (each for urn, each in platform.resources().items() if urn.endswith(f"::{CHAT}"))
    assert "::mig-a-provider::" in service_now["provider"]

    # transforms: they reach every object.
    platform.rewrite(program("transforms=[label], parent=Platform()", "language"))
    assert platform.up().changes() == {CHAT: "update"}
    metadata = cluster.get(LLMInferenceService, "chat", namespace="team").metadata
    assert metadata is not None
    assert (metadata.labels or {})["team"] == "acme"
    assert platform.up().changes() == {}

    # protect: what the plan no longer has is not deleted, either.
    platform.rewrite(program("transforms=[label], protect=True, parent=Platform()", "language"))
    platform.up()
    platform.write(POOLS, TINY, deployment("agent", "tiny"))
    refused = platform.pulumi("up", "--yes", "--skip-preview", "--stack", "test", fails=True)
    assert "protected" in refused.stdout
    assert "chat" in services(cluster)

    # retain_on_delete: what leaves the stack stays in the cluster.
    platform.pulumi("state", "unprotect", "--all", "--yes", "--stack", "test")
    platform.rewrite(program("retain_on_delete=True, parent=Platform()", "language"))
    platform.up()
    running = services(cluster)
    assert "agent" in running
    platform.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")
    assert services(cluster) == running
