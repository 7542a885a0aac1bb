"""One cluster whose gateway routes, for all tests of this directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from embedded.cluster import EmbeddedCluster
from tests.cluster.workloads import POOLS
from tests.engine.workspace import Workspace
from tests.processes import commands_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="package")
def routed(tmp_path_factory: pytest.TempPathFactory, kinds: Path) -> Iterator[EmbeddedCluster]:
    """The cluster; nothing of it stays."""
    directory = tmp_path_factory.mktemp("routed")
    with EmbeddedCluster.start(directory, POOLS, kserve_webhooks=True, gateway=True, data=kinds) as cluster:
        assert [process.name for process in cluster.processes[-2:]] == ["contour", "envoy"]
        yield cluster
    assert commands_with(str(directory)) == []


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path)
