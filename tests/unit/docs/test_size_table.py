"""The table of docs/sizing.md is what the command says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.known_models import KNOWN_MODELS, size_table

PAGE = Path(__file__).parents[3] / "docs/sizing.md"


@pytest.mark.long
def test_the_table_is_what_the_command_says() -> None:
    (table,) = re.findall(r"^\| model \| weights.*?\n\n", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert table == f"{size_table()}\n", "write the output of python -m bench.known_models into docs/sizing.md"
    assert table.count("\n| ") == len(KNOWN_MODELS) + 1
