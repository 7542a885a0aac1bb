"""Numbers that every YAML parser reads alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.documents.documents import minimal
from tests.unit.documents.fields import ENVIRONMENT, POOL

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader


@pytest.mark.parametrize(
    "written", ["010", "00", "017", "09", "-017", "+0_7", "0x10", "-0x1F", "0b10", "0o10", "1_0", "1:00", "1:00:00"]
)
def test_a_number_that_not_every_yaml_reads_alike(loader: Loader, written: str) -> None:
    text = minimal(ENVIRONMENT, (*POOL, "nodeCount"), "MARK").replace("MARK", f"§{written}")
    expected = "a whole number: write it in decimal, such as 8 or 10, without zeros before it"
    assert loader.refuse_at(text) == f'spec.nodePools[0].nodeCount: got "{written}", expected {expected} [SW203]'


@pytest.mark.parametrize(("written", "read"), [("10", 10), ("+10", 10), ("0", 0)])
def test_a_decimal_number(loader: Loader, written: str, read: int) -> None:
    text = minimal(ENVIRONMENT, (*POOL, "nodeCount"), "MARK").replace("MARK", written)
    assert loader.load(text).environments[0].spec.node_pools[0].node_count == read
