from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.control_plane import ControlPlane
from embedded.kserve import install_kserve_crds
from tests.engine.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path)


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A real API server with KServe's kinds; it has no controllers, so objects stay as they were applied."""
    with ControlPlane.start(tmp_path_factory.mktemp("plane")) as started:
        install_kserve_crds(started)
        yield started
