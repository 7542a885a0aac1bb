"""A control plane and a cluster for the tests of a group, or of the groups that one process runs.

Tests that share the control plane are the group `plane`. Those that share the cluster are three groups of some minutes
each: `cluster-stacks` is about what `pulumi` does, `cluster-devices` about NVIDIA's DRA driver, `cluster-pods` about
other pods. In the one of `cluster-webhooks` KServe's webhooks judge; in the one of `cluster-nodes` each file has nodes
of its own, and no others are. Files with a cluster of their own have no group.
"""

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
from tests.processes import commands_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lightkube import Client

_SECONDS = 300


@pytest.fixture(scope="package")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with ControlPlane.start(tmp_path_factory.mktemp("plane")) as plane:
        yield plane


@pytest.fixture(scope="package")
def client(plane: ControlPlane) -> Iterator[Client]:
    with connect(plane) as client:
        yield client


@pytest.fixture(scope="package")
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
    return httpx2.Client(base_url=cluster.server, verify=authority, headers=headers, timeout=_SECONDS, trust_env=False)


@pytest.fixture(scope="package")
def kserve(plane: ControlPlane, client: Client) -> Client:
    """A client of the plane with KServe's kinds in it."""
    install_kserve_crds(plane)
    return client


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory, kinds: Path) -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster.start(tmp_path_factory.mktemp("cluster"), POOLS, data=kinds) as cluster:
        yield cluster


@pytest.fixture(scope="package")
def with_webhooks(tmp_path_factory: pytest.TempPathFactory, kinds: Path) -> Iterator[EmbeddedCluster]:
    """A cluster where KServe's webhooks refuse what they refuse; nothing of it stays."""
    directory = tmp_path_factory.mktemp("webhooks")
    with EmbeddedCluster.start(directory, POOLS, kserve_webhooks=True, data=kinds) as cluster:
        assert len(commands_with(str(directory))) == len(cluster.processes) == 7
        yield cluster
    assert commands_with(str(directory)) == []


@pytest.fixture(scope="package")
def without_nodes(tmp_path_factory: pytest.TempPathFactory, kinds: Path) -> Iterator[EmbeddedCluster]:
    """A cluster for the group `cluster-nodes`, whose tests have no nodes but their own, and may break it."""
    with EmbeddedCluster.start(tmp_path_factory.mktemp("nodes"), data=kinds) as cluster:
        yield cluster


@pytest.fixture(scope="package")
def numbers() -> Iterator[int]:
    """A number for each namespace: one that is deleted keeps its name for some seconds."""
    return itertools.count(1)


@pytest.fixture
def workloads(cluster: EmbeddedCluster, numbers: Iterator[int]) -> Iterator[Workloads]:
    """A namespace of the test's own in the cluster; what is in it is gone before the next test."""
    with Workloads.in_namespace(cluster.plane, f"test-{next(numbers)}") as workloads:
        yield workloads
