"""Another cluster than the one that is meant: without KServe, rebuilt, or the same twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest
import yaml
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.resources.core_v1 import Namespace

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.deadlines import wait_until
from embedded.kserve_kinds import LLMInferenceService, install_kserve_crds
from tests.documents import environment
from tests.engine.attacks.target import POOL, TINY, Target, assert_refused, assert_said, assert_worked, pools, text

# One worker runs these in their order: the other cluster has no KServe in the first.
pytestmark = [pytest.mark.attack, pytest.mark.xdist_group("attacks-other-cluster")]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A second cluster, without KServe's kinds."""
    with ControlPlane.start(tmp_path_factory.mktemp("other")) as started:
        yield started


@pytest.fixture
def there(other: ControlPlane) -> Iterator[Client]:
    """A client of the second cluster."""
    with connect(other) as client:
        yield client


def test_25_a_preview_says_that_kserve_is_absent(target: Target, other: ControlPlane, there: Client) -> None:
    assert_missed(target, other, there)


def test_25_or_too_old(target: Target, other: ControlPlane, there: Client) -> None:
    install_kserve_crds(other)
    with serving_only(there, ("v1alpha1",)):
        assert_missed(target, other, there)


def assert_missed(target: Target, other: ControlPlane, there: Client) -> None:
    there.apply(Namespace(metadata=ObjectMeta(name=target.namespace)))
    target.use(other.kubeconfig)
    target.declare(target.chat())
    for run in (target.preview(), target.up()):
        assert_refused(run, "mig-a")
        assert re.search(r"KServe|LLMInferenceService|serving\.kserve\.io", text(run)), text(run)


@contextmanager
def serving_only(client: Client, versions: tuple[str, ...]) -> Iterator[None]:
    """Have the API server serve KServe's kinds in these versions only; at the end it has no such kinds."""
    names = [f"{kind}.serving.kserve.io" for kind in ("llminferenceservices", "llminferenceserviceconfigs")]
    for name in names:
        definition = client.get(CustomResourceDefinition, name)
        for version in definition.spec.versions:
            version.served = version.name in versions
        client.replace(definition)
    wait_until("the new version gone", lambda: not _serves(client), seconds=60)
    yield
    for name in names:
        client.delete(CustomResourceDefinition, name)
    wait_until("KServe gone", lambda: not {*names} & {*_definitions(client)}, seconds=60)


def _definitions(client: Client) -> list[str]:
    return [str(each.metadata.name) for each in client.list(CustomResourceDefinition) if each.metadata]


def _serves(client: Client) -> bool:
    try:
        list(client.list(LLMInferenceService))
    except httpx2.HTTPStatusError:
        return False
    return True


def test_06_a_rebuilt_cluster_gets_everything_or_is_noticed(target: Target, other: ControlPlane, there: Client) -> None:
    install_kserve_crds(other)
    there.apply(Namespace(metadata=ObjectMeta(name=target.namespace)))
    target.declare(target.chat())
    target.stack.up()
    uid = target.services()["chat"]
    target.use(other.kubeconfig)

    run = target.up()

    def rebuilt() -> list[str]:
        found = there.list(LLMInferenceService, namespace=target.namespace)
        return [str(item.metadata.name) for item in found if item.metadata]

    if rebuilt() == ["chat"]:
        assert_worked(run)
    else:
        # What is said is what helps.
        assert_refused(run, "mig-a", "SW422", "slicewise:acceptClusters")
        system = there.get(Namespace, "kube-system").metadata
        assert system
        target.stack.set_config('acceptClusters["mig-a"]', str(system.uid))
        assert_worked(target.up())
        assert rebuilt() == ["chat"]
    # The old cluster is not this stack's any more, and nothing has touched it.
    assert target.services() == {"chat": uid}
    there.deletecollection(LLMInferenceService, namespace=target.namespace)


def test_55_two_environments_of_one_server_are_warned_of(target: Target) -> None:
    server = yaml.safe_load(target.plane.kubeconfig)["clusters"][0]["cluster"]["server"]
    target.use(target.plane.kubeconfig, "mig-b")
    target.stack.write(pools(), environment("mig-b", POOL), TINY, target.chat(environments=2))

    assert_said(target.preview(), "SW312", re.sub(r"^https://", "", server))
    # One service cannot be both environments'.
    assert_refused(target.up(), "chat")


def test_07_an_environment_that_is_renamed_moves_without_a_touch(target: Target) -> None:
    assert_moved(target, "mig-b")


def test_08_and_back(target: Target) -> None:
    assert_moved(target, "mig-b", "mig-a")


def assert_moved(target: Target, *names: str) -> None:
    target.declare(target.chat())
    target.stack.up()
    before = target.service()
    for name in names:
        target.use(target.plane.kubeconfig, name)
        target.declare(target.chat(), environment=name)
        assert_worked(target.preview())
        assert_worked(target.up())
        after = target.service()
        assert after["metadata"]["uid"] == before["metadata"]["uid"]
        assert after["spec"] == before["spec"]
        assert after["metadata"]["annotations"]["slicewise.dev/environment"] == name
        target.assert_unchanged()
