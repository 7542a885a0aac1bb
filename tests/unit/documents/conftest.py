from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.documents.loader import Loader


@pytest.fixture
def loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loader:
    """Load YAML texts from files 0.yaml, 1.yaml, … of the working directory."""
    monkeypatch.chdir(tmp_path)
    return Loader(tmp_path)
