from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.control_plane import ControlPlane
from tests.engine.attacks.target import Target, namespace_of
from tests.engine.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A stack whose program starts as a user's does: what is killed is what users have."""
    return Workspace.create(tmp_path, real_start=True)


@pytest.fixture
def target(plane: ControlPlane, workspace: Workspace, request: pytest.FixtureRequest) -> Iterator[Target]:
    """A stack on the API server, with a namespace of this attack's own."""
    with Target.at(plane, workspace, namespace_of(request.node.name)) as made:
        yield made


@pytest.fixture(scope="module")
def settled(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A stack that a module's attacks share: one service of it runs, and each attack leaves it as it was."""
    workspace = Workspace.create(tmp_path_factory.mktemp("settled"), real_start=True)
    with Target.at(plane, workspace, "settled") as made:
        made.declare(made.chat())
        made.stack.up()
        yield made
