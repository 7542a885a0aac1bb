"""What each command that reads clusters needs, as docs/kubeconfigs.md has it: enough, and nothing is superfluous."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.deadlines import wait_until
from embedded.dra_devices import whole_gpus
from embedded.fake_nodes import FakePool, add_nodes
from embedded.kserve_kinds import LLMInferenceService
from embedded.labelled_nodes import bare_metal
from slicewise.clusters.live import Right
from slicewise.manifests import placement_objects
from slicewise.planning import make_plan
from tests.documented_rights import Account, documented
from tests.documents import deployment, environment, fleet_of, model, pool, profile, slices
from tests.etcd_data import started_with
from tests.unit.cli.running import in_process

TEAM = "team"
# Kubernetes' groups of what commands read.
KSERVE, DRA, GATEWAYS = "serving.kserve.io", "resource.k8s.io", "gateway.networking.k8s.io"


def everywhere(group: str, *resources: str) -> set[Right]:
    return {Right(group, resource, "list", None) for resource in resources}


def in_team(group: str, resource: str) -> Right:
    return Right(group, resource, "list", TEAM)


AUTOSCALER = Right("", "configmaps", "get", "kube-system")
DEVICES = everywhere(DRA, "resourceslices", "devicetaintrules", "deviceclasses", "resourceclaims")
SERVICES = in_team(KSERVE, "llminferenceservices")
NEEDS: dict[str, set[Right]] = {
    "verify": {
        *everywhere("", "nodes", "pods", "namespaces", "limitranges", "resourcequotas"),
        *everywhere(KSERVE, "llminferenceservices"),
        *everywhere("scheduling.k8s.io", "priorityclasses"),
        *everywhere(GATEWAYS, "gateways", "httproutes"),
        AUTOSCALER,
        Right("", "configmaps", "get", "kserve"),
        *DEVICES,
    },
    "discover": {*everywhere("", "nodes", "pods"), *everywhere(KSERVE, "llminferenceservices"), AUTOSCALER, *DEVICES},
    "status": {
        SERVICES,
        in_team("", "pods"),
        in_team("apps", "deployments"),
        in_team("leaderworkerset.x-k8s.io", "leaderworkersets"),
    },
    "endpoints": {SERVICES},
}


@pytest.fixture(scope="module")
def own_plane(tmp_path_factory: pytest.TempPathFactory, kinds: Path) -> Iterator[ControlPlane]:
    """An API server with all kinds, nodes of both of NVIDIA's drivers, and services of the documents."""
    with started_with(kinds, tmp_path_factory.mktemp("rights")) as plane:
        add_nodes(plane, [*bare_metal(), FakePool("n", 1, devices=whole_gpus("l40s", 1))])
        fleet = fleet_of(documents())
        with connect(plane) as client:
            client.apply(Namespace(metadata=ObjectMeta(name=TEAM)))
            for placement in make_plan(fleet).placements:
                client.create(LLMInferenceService.from_dict(placement_objects(fleet, placement)[0]))
        yield plane


def documents() -> list[dict[str, Any]]:
    """Return documents that depend on all of it: claims, groups of nodes, a Gateway, weights in images, autoscaling."""
    whole = pool("whole", nodeCount=2, maxNodeCount=3, multiNodeCapable=True)
    here = environment("here", whole, slices("claims", "1g.10gb", memoryPerGpu="9Gi", allocation="claim"))
    here["spec"]["gateway"] = {"namespace": "kserve", "name": "models"}
    image = model("image", profile("any", memoryPerGpu="9Gi", mig="only"))
    del image["spec"]["huggingFace"]
    image["spec"] |= {"source": "OCI", "oci": {"image": "registry.example.com/models/m:v1"}}
    huge = model("huge", profile("two-nodes", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi"))
    return [here, image, huge, deployment("small", "image"), deployment("large", "huge")]


@pytest.fixture
def account(own_plane: ControlPlane) -> Iterator[Account]:
    with connect(own_plane) as client:
        yield Account.create(own_plane, client)


@pytest.fixture
def command(account: Account, tmp_path: Path) -> Callable[[str], tuple[int, str]]:
    """What runs a command as the account, and gives its exit code and all that it says."""
    kubeconfig, file = tmp_path / "kubeconfig", tmp_path / "all.yaml"
    kubeconfig.write_text(account.kubeconfig, encoding="utf-8")
    file.write_text(yaml.safe_dump_all(documents()), encoding="utf-8")

    def run(name: str) -> tuple[int, str]:
        on = [] if name == "discover" else [str(file)]
        done = in_process(name, *on, "--kubeconfig", str(kubeconfig))
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    return run


def names_it(said: str, missing: Right) -> bool:
    """Return whether a message names verb, resource, group and place: in Slicewise's words, or in the API server's."""
    place = "the whole cluster" if missing.namespace is None else f"namespace {missing.namespace}"
    by_server = f'cannot {missing.verb} resource "{missing.resource}" in API group "{missing.group}"'
    scope = "at the cluster scope" if missing.namespace is None else f'in the namespace "{missing.namespace}"'
    own = f"this user may not {missing.verb} {missing.kind} in {place}, so "
    return "the rights of docs/kubeconfigs.md" in said and (own in said or f"{by_server} {scope}" in said)


def test_the_roles_of_the_page_have_these_rights() -> None:
    role, cluster_role = documented()

    def granted(rules: Iterable[dict[str, Any]], right: Right) -> bool:
        return any(
            right.verb in rule["verbs"] and right.group in rule["apiGroups"] and right.resource in rule["resources"]
            for rule in rules
        )

    for rights in NEEDS.values():
        for right in rights:
            of_namespace = right.namespace == TEAM
            assert granted((role if of_namespace else cluster_role)["rules"], right), right


@pytest.mark.long
@pytest.mark.parametrize("name", NEEDS)
def test_without_any_one_of_them_a_command_fails_and_names_it(
    name: str, account: Account, command: Callable[[str], tuple[int, str]]
) -> None:
    def runs() -> bool:
        code, said = command(name)
        return code in (0, 4) and "may not" not in said

    assert NEEDS[name], "else nothing would be tried missing"
    account.may(NEEDS[name])
    # The authorizer sees a change of a role a moment later.
    wait_until(f"{name} has the rights that it needs", runs, seconds=300)
    for missing in sorted(NEEDS[name], key=str):

        def fails(missing: Right = missing) -> bool:
            code, said = command(name)
            return code == 2 and names_it(said, missing)

        account.may(NEEDS[name] - {missing})
        wait_until(f"{name} says that {missing} is missing", fails, seconds=300)
