"""One control plane and one cluster for all tests of this directory."""

from __future__ import annotations

import base64
import itertools
import ssl
from typing import TYPE_CHECKING

import httpx2
import pytest

from embedded.api_client import connect
from embedded.cluster import EmbeddedCluster
from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import install_kserve_crds
from tests.cluster.workloads import POOLS, Workloads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lightkube import Client


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with ControlPlane.start(tmp_path_factory.mktemp("plane")) as plane:
        yield plane


@pytest.fixture(scope="session")
def client(plane: ControlPlane) -> Iterator[Client]:
    with connect(plane) as client:
        yield client


@pytest.fixture(scope="session")
def raw(client: Client) -> Iterator[httpx2.Client]:
    """The same rights over plain HTTPS, for what lightkube has no parameter for."""
    with plain_client(client) as raw:
        yield raw


def plain_client(client: Client) -> httpx2.Client:
    """Return what asks the same API server with the same rights over plain HTTPS, to be closed."""
    cluster, user = client.config.cluster, client.config.user
    assert cluster.certificate_auth_data
    assert user
    authority = ssl.create_default_context(cadata=base64.b64decode(cluster.certificate_auth_data).decode())
    headers = {"Authorization": f"Bearer {user.token}"}
    return httpx2.Client(base_url=cluster.server, verify=authority, headers=headers, trust_env=False)


@pytest.fixture(scope="session")
def kserve(plane: ControlPlane, client: Client) -> Client:
    """A client of the plane with KServe's kinds in it."""
    install_kserve_crds(plane)
    return client


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster.start(tmp_path_factory.mktemp("cluster"), POOLS) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    """A number for each namespace: one that is deleted keeps its name for some seconds."""
    return itertools.count(1)


@pytest.fixture
def workloads(cluster: EmbeddedCluster, numbers: Iterator[int]) -> Iterator[Workloads]:
    """A namespace of the test's own in the cluster; what is in it is gone before the next test."""
    with Workloads.in_namespace(cluster.plane, f"test-{next(numbers)}") as workloads:
        yield workloads
