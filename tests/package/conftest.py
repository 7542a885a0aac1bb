from __future__ import annotations

import pytest

from tests.package.installed import Installed, build, install


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in a virtual environment of its own."""
    directory = tmp_path_factory.mktemp("package")
    return install(build(directory), directory / "venv")
