"""The rights that docs/kubeconfigs.md lists: enough for all that a stack does, and none of them superfluous."""

from __future__ import annotations

import asyncio
import copy
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.models.rbac_v1 import RoleRef, Subject
from lightkube.resources.core_v1 import Namespace
from lightkube.resources.rbac_authorization_v1 import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from lightkube.types import PatchType

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.deadlines import wait_until
from embedded.dra_devices import resource_slices, whole_gpus
from embedded.dra_objects import CLAIM_TEMPLATES, DEVICE_CLASSES, RESOURCE_SLICES, create_slices, server_version
from embedded.kserve_kinds import LLMInferenceService, LLMInferenceServiceConfig
from slicewise.clusters.access.client import open_client
from slicewise.clusters.live.reader import read_cluster
from slicewise.clusters.live.rights import Right
from slicewise.clusters.preflight.conversation import ClusterAnswer, ask_or_refusal
from slicewise.clusters.preflight.needs import Needs, needs_of
from slicewise.documents import DeploymentKey
from slicewise.manifests import device_classes, environment_objects
from slicewise.planning import PreviousPlacement, make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices
from tests.engine.credentials import account_token, kubeconfig_of
from tests.engine.keda import ScaledObject
from tests.engine.workspace import Workspace

PAGE = Path(__file__).parents[2] / "docs" / "kubeconfigs.md"
NAMESPACE = "rights"
LEAVES = PreviousPlacement(DeploymentKey(NAMESPACE, "old"), "mig-a", "slices", "any", units=1, gpus_per_node=1)
ACCOUNT = "restricted"


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
            pool("whole", nodeCount=2, multiNodeCapable=True),
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


def documented() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the Role and the ClusterRole of the page, as they are written there."""
    section = PAGE.read_text(encoding="utf-8").partition("## What the credential may do")[2].partition("\n## ")[0]
    role, cluster_role = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL))
    assert (role["kind"], cluster_role["kind"]) == ("Role", "ClusterRole")
    return role, cluster_role


def grant(client: Client, role: dict[str, Any], cluster_role: dict[str, Any]) -> None:
    """Give the account exactly these rules."""
    how: dict[str, Any] = {"patch_type": PatchType.APPLY, "force": True}
    own = {**role, "metadata": {"name": "slicewise", "namespace": NAMESPACE}}
    client.patch(Role, "slicewise", own, namespace=NAMESPACE, **how)
    client.patch(ClusterRole, "slicewise", cluster_role, **how)


@pytest.fixture
def cluster(keda: ControlPlane) -> Iterator[Client]:
    """A client of the API server, on which an account has the rights of the page and no other."""
    subject = Subject(kind="ServiceAccount", name=ACCOUNT, namespace="default")
    with connect(keda) as client:
        client.apply(Namespace(metadata=ObjectMeta(name=NAMESPACE)))
        grant(client, *documented())
        for binding, of in ((RoleBinding, "Role"), (ClusterRoleBinding, "ClusterRole")):
            namespace = NAMESPACE if of == "Role" else None
            client.apply(
                binding(
                    metadata=ObjectMeta(name="slicewise", namespace=namespace),
                    roleRef=RoleRef(apiGroup="rbac.authorization.k8s.io", kind=of, name="slicewise"),
                    subjects=[subject],
                )
            )
        yield client
        client.delete(ClusterRoleBinding, "slicewise")
        client.delete(RoleBinding, "slicewise", namespace=NAMESPACE)
        for kind in (ScaledObject, LLMInferenceService, LLMInferenceServiceConfig, CLAIM_TEMPLATES):
            client.deletecollection(kind, namespace=NAMESPACE)
        client.deletecollection(DEVICE_CLASSES)


@pytest.fixture
def kubeconfig(cluster: Client, keda: ControlPlane) -> str:
    """The account's kubeconfig."""
    return kubeconfig_of(keda, token=account_token(cluster, ACCOUNT, admin=False))


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
    workspace: Workspace, cluster: Client, kubeconfig: str
) -> None:
    workspace.set_config('kubeconfigs["mig-a"]', kubeconfig, secret=True)
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
                yield less, f"{verb} {resource}"


def denied(kubeconfig: str, needs: Needs) -> set[str]:
    """Return what is said to be missing when the cluster is asked before anything is declared."""
    answer = asyncio.run(ask_or_refusal(kubeconfig, needs))
    assert isinstance(answer, ClusterAnswer), answer
    assert answer.denied is not None
    return {f"{right.verb} {right.resource}" for right in answer.denied}


def unread(kubeconfig: str) -> set[str]:
    """Return what `verify` says that it cannot read."""

    async def read() -> tuple[str, ...]:
        client = open_client(kubeconfig)
        try:
            return (await read_cluster(client)).unread
        finally:
            await client.close()

    return {f"{'get' if kind == 'configmaps' else 'list'} {kind}" for kind in asyncio.run(read())}


@pytest.mark.long
def test_without_any_one_of_them_something_is_said_to_be_missing(cluster: Client, kubeconfig: str) -> None:
    parsed = fleet_of(fleet(1))
    (declared,) = parsed.environments
    objects = [*environment_objects(parsed, make_plan(parsed))["mig-a"], *device_classes(declared.spec)]
    role, cluster_role = documented()
    applying = [rule for rule in cluster_role["rules"] if "create" in rule["verbs"]]
    without_verify = {**cluster_role, "rules": applying}
    # Only where there is a device of NVIDIA's is more of these asked for.
    create_slices(cluster, resource_slices("n", whole_gpus("l40s", 1)))
    applies = needs_of(objects, leaves=[LEAVES], makes_namespaces=True, waits=True)
    verifies = replace(applies, rights=frozenset({Right("", "nodes", "list", None)}))

    def says(lacks: str, needs: Needs, *, reads: bool) -> bool:
        said = denied(kubeconfig, needs)
        return lacks in (said | unread(kubeconfig) if reads and not said else said)

    assert denied(kubeconfig, applies) | denied(kubeconfig, verifies) | unread(kubeconfig) == set()
    cases = [((less, without_verify), lacks, applies) for less, lacks in single_rights(role)]
    cases += [((role, less), lacks, applies) for less, lacks in single_rights(without_verify)]
    of_verify = {**cluster_role, "rules": [rule for rule in cluster_role["rules"] if rule not in applying]}
    cases += [((role, less), lacks, verifies) for less, lacks in single_rights(of_verify)]
    assert len(cases) >= 40
    for rules, lacks, needs in cases:
        grant(cluster, *rules)
        # The authorizer sees a change of a role a moment later.
        reads = needs is verifies
        wait_until(f"{lacks} is said to be missing", partial(says, lacks, needs, reads=reads), seconds=300)
    for each in list(cluster.list(RESOURCE_SLICES)):
        cluster.delete(RESOURCE_SLICES, str(each.metadata and each.metadata.name))
