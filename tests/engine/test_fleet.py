"""A Fleet in somebody's own program, on the real engine and API server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap

from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from tests.documents import deployment, environment, model, profile, slices
from tests.engine.user_program import UserProgram
from tests.engine.workspace import services

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
POOLS = environment("mig-a", slices("slices", "3g.40gb"))

# The cluster's kubeconfig is known when the cluster is there, as that of a cluster in a cloud is.
PROGRAM = """
import json
from pathlib import Path

import pulumi
from pulumi_kubernetes import Provider
from pulumi_kubernetes.core.v1 import ConfigMap

from components.fleet import Fleet

text = pulumi.Config().require_secret("kubeconfig")
# The provider may miss the event of a deletion, and waits ten minutes for it by default (pulumi-kubernetes #3317).
soon = pulumi.CustomTimeouts(delete="20s")
here = pulumi.ResourceOptions(provider=Provider("management", kubeconfig=text), custom_timeouts=soon)
cluster = ConfigMap("cluster", metadata={"name": "cluster", "namespace": "default"}, opts=here)
kubeconfig = pulumi.Output.all(cluster.id, text).apply(lambda known: known[1])

fleet = Fleet(
    "models",
    **json.loads(Path("documents.json").read_text()),
    kubeconfigs={"mig-a": kubeconfig},
    create_namespaces=True,
)

address = ConfigMap(
    "address",
    metadata={"name": "address", "namespace": "default"},
    data={"url": fleet.endpoints.apply(lambda endpoints: endpoints["mig-a/team/chat"]["inCluster"])},
    opts=here,
)
pulumi.export("endpoints", fleet.endpoints)
"""


@pytest.fixture
def platform(tmp_path: Path, plane: ControlPlane) -> UserProgram:
    """A program that makes a cluster and runs models on it."""
    program = UserProgram.of(tmp_path, PROGRAM)
    program.pulumi("config", "set", "--secret", "kubeconfig", "--stack", "test", stdin=plane.kubeconfig)
    return program


def test_a_cluster_and_its_models_in_one_program(platform: UserProgram, cluster: Client, plane: ControlPlane) -> None:
    platform.write(POOLS, TINY, deployment("chat", "tiny", replicas=3))

    preview = platform.preview()
    # The kubeconfig is not known yet: everything is declared, and what cannot be checked is said.
    (said,) = (message for message in preview.messages if "SW359" in message)
    assert "InferenceEnvironment mig-a: its cluster is not asked in this preview" in said
    assert preview.changes()["mig-a/team/chat-service"] == "create"
    assert services(cluster) == []

    created = platform.up()
    assert not [message for message in created.messages if "SW359" in message]
    assert cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]["replicas"] == 3
    url = "http://chat-kserve-workload-svc.team.svc.cluster.local:8000"
    assert (cluster.get(ConfigMap, "address", namespace="default").data or {})["url"] == url
    (endpoint,) = platform.outputs()["endpoints"].values()
    assert endpoint == {
        "deployment": {"namespace": "team", "name": "chat"},
        "environment": "mig-a",
        "service": "chat",
        "inCluster": url,
        "external": None,
    }

    resources = platform.resources()
    (address,) = (each for urn, each in resources.items() if urn.endswith("::address"))
    (service,) = (urn for urn in resources if urn.endswith("::mig-a/team/chat-service"))
    (provider,) = (each for urn, each in resources.items() if urn.endswith("::mig-a-provider"))
    (made,) = (urn for urn in resources if urn.endswith("::cluster"))
    # What takes an output of the fleet goes before its services, and the cluster goes last.
    assert service in address["dependencies"]
    assert made in provider["dependencies"]
    token = plane.kubeconfig.rpartition("token: ")[2].split()[0].strip("'\"")
    assert token not in platform.export()

    assert platform.up().changes() == {}
    platform.pulumi("preview", "--expect-no-changes", "--stack", "test")

    # A newcomer that would be placed first moves nothing: the plan is remembered in the fleet's own outputs.
    roomy = environment("mig-a", slices("slices", "3g.40gb"), slices("tight", "3g.40gb", memoryPerGpu="31Gi"))
    platform.write(roomy, TINY, deployment("agent", "tiny", priority=9), deployment("chat", "tiny", replicas=3))
    grown = platform.up()
    assert {name: each for name, each in grown.changes().items() if "chat" in name} == {}
    assert services(cluster) == ["agent", "chat"]

    # What another stack has is not adopted: the cluster is asked now that it is known.
    stolen = cluster.get(LLMInferenceService, "chat", namespace="team")
    platform.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")
    assert services(cluster) == []
    metadata = ObjectMeta(name="chat", namespace="team", annotations={"slicewise.dev/stack": "acme/slicewise/prod"})
    cluster.create(LLMInferenceService(metadata=metadata, spec=stolen["spec"]))
    refused = platform.pulumi("up", "--yes", "--skip-preview", "--stack", "test", fails=True)
    assert "belongs to stack acme/slicewise/prod" in refused.stdout
    assert "SW420" in refused.stdout
    assert "Traceback" not in refused.stdout
    platform.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")


ALONE = """
import json
from pathlib import Path

import pulumi

from components.inference_environment import InferenceEnvironment

documents = json.loads(Path("documents.json").read_text())
(spec,) = documents.pop("environments")
alone = InferenceEnvironment(
    "mig-a", spec, **documents, kubeconfig=pulumi.Config().require_secret("kubeconfig"), verify=False
)
pulumi.export("plan", alone.stack_outputs)
"""

TOGETHER = """
import json
from pathlib import Path

import pulumi

from components.fleet import Fleet

Fleet(
    "models",
    **json.loads(Path("documents.json").read_text()),
    kubeconfigs={"mig-a": pulumi.Config().require_secret("kubeconfig")},
    previous_plan=json.loads(Path("plan.json").read_text()),
)
"""


def test_an_environment_alone_and_then_in_a_fleet(platform: UserProgram, cluster: Client) -> None:
    platform.rewrite(ALONE)
    platform.write(POOLS, TINY, deployment("chat", "tiny", replicas=3))
    platform.up()
    assert cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]["replicas"] == 3
    assert platform.up().changes() == {}

    # A better place appears: what was placed stays.
    roomy = environment("mig-a", slices("slices", "3g.40gb"), slices("tight", "3g.40gb", memoryPerGpu="31Gi"))
    platform.write(roomy, TINY, deployment("chat", "tiny", replicas=3))
    assert platform.up().changes() == {}

    (platform.directory / "plan.json").write_text(json.dumps(platform.outputs()["plan"]))
    platform.rewrite(TOGETHER)
    assert platform.up().changes() == {"models": "create"}
    platform.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")
    assert services(cluster) == []
