"""The fixture that pytest has wherever Slicewise is installed. Pulumi is imported by the tests that use it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from slicewise.testing import Recorder


@pytest.fixture
def pulumi_recorder() -> Iterator[Recorder]:
    """A recording engine in the place of Pulumi's, for one test."""
    from slicewise.testing import recording  # noqa: PLC0415 - it takes a quarter of a second

    with recording() as recorder:
        yield recorder
