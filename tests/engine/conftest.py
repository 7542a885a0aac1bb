from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService, LLMInferenceServiceConfig
from tests.engine.keda import install_keda_crds
from tests.engine.workspace import Workspace, services
from tests.etcd_data import started_with


@pytest.fixture
def workspace(tmp_path: Path, request: pytest.FixtureRequest) -> Workspace:
    return Workspace.create(tmp_path, real_start=request.node.get_closest_marker("real_start") is not None)


@pytest.fixture(scope="package")
def plane(tmp_path_factory: pytest.TempPathFactory, kinds: Path) -> Iterator[ControlPlane]:
    """A real API server with KServe's kinds; it has no controllers, so objects stay as they were applied."""
    with started_with(kinds, tmp_path_factory.mktemp("plane")) as started:
        yield started


@pytest.fixture
def cluster(plane: ControlPlane) -> Iterator[Client]:
    """A client of the API server; namespace `team` is there, and nothing of Slicewise before or after the test."""
    with connect(plane) as client:
        client.apply(Namespace(metadata=ObjectMeta(name="team")))
        assert services(client) == []
        yield client
        for kind in (LLMInferenceService, LLMInferenceServiceConfig):
            client.deletecollection(kind, namespace="team")


@pytest.fixture(scope="package")
def west(tmp_path_factory: pytest.TempPathFactory, kinds: Path) -> Iterator[ControlPlane]:
    """A second API server with KServe's kinds, which tests may kill."""
    with started_with(kinds, tmp_path_factory.mktemp("west")) as started:
        yield started


@pytest.fixture
def clusters(plane: ControlPlane, west: ControlPlane) -> Iterator[dict[str, Client]]:
    """Clients of both, called east and west; namespace `team` is there, and no service before or after the test."""
    with connect(plane) as first, connect(west) as second:
        found = {"east": first, "west": second}
        for client in found.values():
            client.apply(Namespace(metadata=ObjectMeta(name="team")))
            client.deletecollection(LLMInferenceService, namespace="team")
        yield found
        for client in found.values():
            client.deletecollection(LLMInferenceService, namespace="team")


@pytest.fixture
def stack(workspace: Workspace, plane: ControlPlane) -> Workspace:
    """A stack that may reach the API server."""
    workspace.set_config('kubeconfigs["mig-a"]', plane.kubeconfig, secret=True)
    return workspace


@pytest.fixture(scope="package")
def keda(plane: ControlPlane) -> ControlPlane:
    """The API server, with KEDA's kinds."""
    install_keda_crds(plane)
    return plane
