from __future__ import annotations

from collections.abc import Iterator

import pytest

from slicewise.testing import Recorder, recording


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """A preview of the stack `test` of the program."""
    with recording(project="slicewise", stack="test", preview=True) as recorder:
        yield recorder
