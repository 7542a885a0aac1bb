from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from embedded.program import CHECKOUT
from tests.policies.engine.guarded import Guarded


@pytest.fixture(scope="session", autouse=True)
def _pack_can_run() -> None:
    assert (CHECKOUT / ".venv-policies" / "bin" / "python").exists(), "run `make policies` first"


@pytest.fixture
def guarded(tmp_path: Path) -> Callable[[str], Guarded]:
    return lambda source: Guarded.create(tmp_path / "program", source)
