"""Documents to be rendered, and where to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.cli.running import DEMO


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """The demo's documents, to be changed."""
    return Path(shutil.copytree(DEMO, tmp_path / "documents"))


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out"
