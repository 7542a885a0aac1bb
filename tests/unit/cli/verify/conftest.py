"""Documents to be verified, and a cluster that is as they declare."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from tests.unit.cli.api_server import api_server
from tests.unit.cli.verify.verifying import DOCUMENTS, NODES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def documents(tmp_path: Path) -> str:
    file = tmp_path / "documents.yaml"
    file.write_text(yaml.safe_dump_all(DOCUMENTS))
    return str(file)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with api_server(NODES) as url:
        yield url
