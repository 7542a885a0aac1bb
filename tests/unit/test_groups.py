"""Tests that share what is slow to start are run by one process, as their group says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

GROUPED = """
import os, pathlib, pytest

@pytest.mark.xdist_group("shared")
@pytest.mark.parametrize("number", range(8))
def test_it(number):
    pathlib.Path(f"{number}.worker").write_text(os.environ["PYTEST_XDIST_WORKER"])
"""


@pytest.mark.long
def test_one_process_runs_a_group(tmp_path: Path) -> None:
    # With pytest 9.2 pytest-xdist 3.8.0 ignores all groups, and says nothing (its issue 1386).
    file = tmp_path / "test_grouped.py"
    file.write_text(GROUPED)
    how = ["-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider"]
    subprocess.run([sys.executable, "-m", "pytest", *how, str(file)], cwd=tmp_path, check=True, capture_output=True)

    workers = [each.read_text() for each in tmp_path.glob("*.worker")]

    assert len(workers) == 8
    assert len(set(workers)) == 1
