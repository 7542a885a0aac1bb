"""The rights that docs/kubeconfigs.md lists: enough for all that a stack does, and none of them superfluous."""

from __future__ import annotations

import asyncio
import copy
import json
import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import pytest
from lightkube import Client

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.deadlines import wait_until
from embedded.dra_objects import CLAIM_TEMPLATES, DEVICE_CLASSES, RESOURCE_SLICES, server_version
from embedded.kserve_kinds import LLMInferenceService, LLMInferenceServiceConfig
from slicewise.clusters.preflight import problems_of
from slicewise.clusters.preflight.conversation import ClusterAnswer, ask_or_refusal
from slicewise.clusters.preflight.needs import Needs, needs_of
from slicewise.documents import DeploymentKey
from slicewise.manifests import KSERVE_API_VERSION, device_classes, environment_objects
from slicewise.planning import PreviousPlacement, make_plan
from tests.documented_rights import Account, documented
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices
from tests.engine.keda import ScaledObject
from tests.engine.workspace import Workspace

NAMESPACE = "rights"
LEAVES = PreviousPlacement(DeploymentKey(NAMESPACE, "old"), "mig-a", "slices", "any", units=1, gpus_per_node=1)


def fleet(replicas: int, *, classes: bool = True) -> list[Document]:
    """Return a service of each shape: plain, autoscaled, of several nodes with pipeline parallelism, and with a claim.

    Args:
        replicas: Of the plain one.
        classes: Whether a pool's slices are answered by a DeviceClass, which Kubernetes before 1.36 does not have.
    """
    by_class = [slices("classes", "1g.20gb", memoryPerGpu="19Gi", allocation="extendedResource")] if classes else []
    scaled = {"signal": "Concurrency", "concurrency": {"maxReplicas": 2, "target": 32}}
    return [
        environment(
            "mig-a",
            slices("slices", "3g.40gb"),
            pool("whole", nodeCount=4, multiNodeCapable=True),
            slices("claims", "1g.10gb", memoryPerGpu="9Gi", allocation="claim"),
            *by_class,
        ),
        model("little", profile("any", memoryPerGpu="9Gi", mig="only")),
        model("tiny", profile("any", memoryPerGpu="30Gi", mig="only")),
        model("huge", profile("two-nodes", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi")),
        deployment("plain", "tiny", namespace=NAMESPACE, replicas=replicas),
        deployment("scaled", "tiny", namespace=NAMESPACE, scaling=scaled, servedModelName="scaled"),
        deployment("huge", "huge", namespace=NAMESPACE),
        deployment("little", "little", namespace=NAMESPACE),
    ]


@pytest.fixture
def cluster(keda: ControlPlane) -> Iterator[Client]:
    """A client of the API server; nothing of this is left in it after a test."""
    with connect(keda) as client:
        yield client
        for kind in (ScaledObject, LLMInferenceService, LLMInferenceServiceConfig, CLAIM_TEMPLATES):
            client.deletecollection(kind, namespace=NAMESPACE)
        client.deletecollection(DEVICE_CLASSES)
        for each in list(client.list(RESOURCE_SLICES)):
            client.delete(RESOURCE_SLICES, str(each.metadata and each.metadata.name))


@pytest.fixture
def account(cluster: Client, keda: ControlPlane) -> Account:
    """An account that has the rights of the page and no other."""
    made = Account.create(keda, cluster)
    grant(made, *documented())
    return made


def grant(account: Account, role: dict[str, Any], cluster_role: dict[str, Any]) -> None:
    """Give the account exactly these rules."""
    account.is_granted(role["rules"], NAMESPACE)
    account.is_granted(cluster_role["rules"], None)


def services(client: Client) -> dict[str, int | None]:
    found = client.list(LLMInferenceService, namespace=NAMESPACE)
    return {str(item.metadata.name): item["spec"].get("replicas") for item in found if item.metadata}


def names(found: Iterable[Any]) -> set[str]:
    """Return what objects are called, without the digest of a claim's template."""
    return {re.sub(r"-[0-9a-f]{8}$", "", str(item.metadata.name)) for item in found}


def becomes_an_apply_stack(workspace: Workspace) -> None:
    """Have a plan stack plan for it, which begins with what it runs."""
    workspace.pulumi("stack", "init", "plan", "--secrets-provider", "passphrase")
    planning = {"mode": "plan", "manifests": "stacks/test", "planStack": "organization/slicewise/test"}
    for key, value in planning.items():
        workspace.pulumi("config", "set", "--stack", "plan", f"slicewise:{key}", value)
    workspace.configure(mode="apply", planStack="organization/slicewise/plan", environments="mig-a")


@pytest.mark.long
def test_they_are_enough_to_preview_apply_change_compare_and_remove(
    workspace: Workspace, cluster: Client, account: Account
) -> None:
    workspace.set_config('kubeconfigs["mig-a"]', account.kubeconfig, secret=True)
    workspace.set_config("createNamespaces", "true")
    workspace.set_config("createDeviceClasses", "true")
    classes = server_version(cluster) >= (1, 36)
    workspace.write(*fleet(1, classes=classes))
    workspace.preview()
    workspace.up()
    assert services(cluster) == {"plain": 1, "scaled": None, "huge-n2": 1, "little": 1}
    assert names(cluster.list(CLAIM_TEMPLATES, namespace=NAMESPACE)) == {"little-1g.10gb"}
    assert names(cluster.list(DEVICE_CLASSES)) == ({"mig-1g.20gb.slicewise.dev"} if classes else set())
    workspace.write(*fleet(2, classes=classes))
    assert workspace.up().changes() == {"mig-a/rights/plain-service": "update"}
    assert services(cluster)["plain"] == 2
    becomes_an_apply_stack(workspace)
    workspace.write(*fleet(3, classes=classes))
    workspace.pulumi("up", "--yes", "--skip-preview", "--stack", "plan")
    assert workspace.up().changes() == {"mig-a/rights/plain-service": "update"}
    assert workspace.outputs()["revision"] == 1
    workspace.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")
    assert services(cluster) == {}
    assert names(cluster.list(CLAIM_TEMPLATES, namespace=NAMESPACE)) == set()


def single_rights(role: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the role without one verb of one resource, and what is missing then; once for each."""
    for index, rule in enumerate(role["rules"]):
        for resource in rule["resources"]:
            for verb in rule["verbs"]:
                less = copy.deepcopy(role)
                less["rules"][index : index + 1] = [
                    {**rule, "resources": [other for other in rule["resources"] if other != resource]},
                    {**rule, "resources": [resource], "verbs": [other for other in rule["verbs"] if other != verb]},
                ]
                less["rules"] = [each for each in less["rules"] if each["resources"] and each["verbs"]]
                kind = f"{resource}.{rule['apiGroups'][0]}".rstrip(".")
                yield less, f"{verb} {kind}"


def said(kubeconfig: str, needs: Needs) -> str:
    """Return what is wrong when the cluster is asked before anything is declared, as `preview` and `up` do."""
    answer = asyncio.run(ask_or_refusal(kubeconfig, needs))
    assert isinstance(answer, ClusterAnswer), answer
    assert answer.denied is not None
    return "; ".join(problem.text for problem in problems_of(answer))


@pytest.mark.long
def test_without_any_one_of_them_it_is_said_to_be_missing(account: Account) -> None:
    parsed = fleet_of(fleet(1))
    (declared,) = parsed.environments
    objects = [*environment_objects(parsed, make_plan(parsed))["mig-a"], *device_classes(declared.spec)]
    role, cluster_role = documented()
    # What tests/cluster/test_rights_of_commands.py has is more of this, and Kubernetes gives the union.
    applying = {**cluster_role, "rules": [rule for rule in cluster_role["rules"] if "create" in rule["verbs"]]}
    needs = needs_of(objects, leaves=[LEAVES], makes_namespaces=True, waits=True)
    assert said(account.kubeconfig, needs) == ""
    cases = [((less, applying), f"{lacks} in namespace {NAMESPACE}") for less, lacks in single_rights(role)]
    cases += [((role, less), f"{lacks} in the whole cluster") for less, lacks in single_rights(applying)]
    assert len(cases) == 32
    for rules, lacks in cases:
        expected = f"its user may not {lacks}; give it the rights of docs/kubeconfigs.md (What the credential may do)"
        grant(account, *rules)
        # The authorizer sees a change of a role a moment later.
        is_said = partial(lambda text: said(account.kubeconfig, needs) == text, expected)
        wait_until(f"{lacks} is said to be missing", is_said, seconds=300)


def versions(client: Client) -> dict[str, str]:
    """Return the resourceVersion of everything that a stack makes: another one for every write."""
    kinds = (LLMInferenceService, LLMInferenceServiceConfig, ScaledObject, CLAIM_TEMPLATES)
    objects = [each.metadata for kind in kinds for each in client.list(kind, namespace=NAMESPACE)]
    return {f"{each.uid}": str(each.resourceVersion) for each in objects if each}


@pytest.mark.long
def test_a_command_that_lacks_one_changes_nothing(workspace: Workspace, cluster: Client, account: Account) -> None:
    workspace.set_config('kubeconfigs["mig-a"]', account.kubeconfig, secret=True)
    role, cluster_role = documented()
    lacking = {lacks: rules for rules, lacks in single_rights(role)}

    def fails(lacks: str, *command: str, changes: bool = False) -> None:
        """Run a command without one right: it must name it, and leave cluster and state as they were."""
        verb, kind = lacks.split(" ")
        resource, _, group = kind.partition(".")
        before, state = versions(cluster), workspace.export()
        grant(account, lacking[lacks], cluster_role)
        try:
            done = workspace.pulumi(*command, "--stack", "test", fails=True)
        finally:
            grant(account, role, cluster_role)
        told = " ".join((done.stdout + done.stderr).split())
        own = f"its user may not {lacks} in namespace {NAMESPACE}; give it the rights of docs/kubeconfigs.md"
        by_server = f'cannot {verb} resource "{resource}" in API group "{group}" in the namespace "{NAMESPACE}"'
        assert own in told if command[0] in ("preview", "up") or "--run-program" in command else by_server in told
        if changes:
            return
        assert versions(cluster) == before
        assert resources(workspace.export()) == resources(state)

    services_, up = f"llminferenceservices.{KSERVE_API_VERSION.partition('/')[0]}", ("up", "--yes", "--skip-preview")
    workspace.write(*fleet(1, classes=False))
    fails(f"create {services_}", "preview")
    fails(f"create {services_}", *up)
    workspace.up()
    # A change in place, another service for a deployment, and one that goes.
    workspace.write(*fleet(2, classes=False))
    fails(f"patch {services_}", *up)
    others = [each for each in fleet(1, classes=False) if each["metadata"]["name"] != "plain"]
    workspace.write(*others, deployment("plain", "huge", namespace=NAMESPACE))
    fails(f"delete {services_}", *up)
    workspace.write(*others)
    fails(f"watch {services_}", *up)
    fails("delete scaledobjects.keda.sh", *up)
    fails(f"delete {services_}", "destroy", "--yes", "--skip-preview", "--run-program")
    fails(f"get {services_}", "refresh", "--yes", "--skip-preview")
    # It asks nothing beforehand, so what needs another right may be gone already.
    fails(f"delete {services_}", "destroy", "--yes", "--skip-preview", changes=True)
    assert services(cluster).keys() == {"scaled", "huge-n2", "little", "plain"}
    workspace.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")
    assert services(cluster) == {}


def resources(state: str) -> Any:  # noqa: ANN401 - Pulumi's
    """Return what an exported state has of each resource but its times, and but what the engine itself puts there."""
    # A secret is encrypted anew each time, and a refresh leaves out the properties that depend on nothing.
    changing = ("created", "modified", "ciphertext", "propertyDependencies")
    kept = json.loads(state, object_hook=lambda each: {key: each[key] for key in each if key not in changing})
    found = kept["deployment"].get("resources", [])
    of_engine = ("pulumi:pulumi:Stack", "pulumi:providers:pulumi")
    return {each["urn"]: each for each in found if each["type"] not in of_engine}
