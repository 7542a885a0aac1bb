"""Tests that share what is slow to start are run by one process, and those that wait longest begin first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WHERE = """
import os, pathlib, pytest
{mark}
@pytest.mark.parametrize("number", range({count}))
def test_it(number):
    with pathlib.Path(os.environ["PYTEST_XDIST_WORKER"]).open("a") as written:
        written.write("{name}\\n")
"""


def written(directory: Path, name: str, count: int, group: str | None = None) -> None:
    """Write a file of tests that each note their process and `name`."""
    mark = f'pytestmark = pytest.mark.xdist_group("{group}")' if group else ""
    file = directory / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(WHERE.format(name=name, count=count, mark=mark))


def run(directory: Path, processes: int) -> list[list[str]]:
    """Run the tests, and return of each process the files of its tests."""
    (directory / "conftest.py").write_text("from tests.conftest import *")
    how = ["-n", str(processes), "--dist", "loadgroup", "-p", "no:cacheprovider", f"--rootdir={directory}"]
    command = [sys.executable, "-m", "pytest", *how, "tests"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=directory, env=environment, check=True, capture_output=True)
    return [(directory / f"gw{number}").read_text().split() for number in range(processes)]


@pytest.mark.long
def test_one_process_runs_a_file_and_a_group(tmp_path: Path) -> None:
    # With pytest 9.2 pytest-xdist 3.8.0 ignores all groups, and says nothing (its issue 1386).
    written(tmp_path, "tests/unit/test_many.py", 30)
    written(tmp_path, "tests/unit/test_few.py", 8)
    written(tmp_path, "tests/gateway/test_waiting.py", 3)
    written(tmp_path, "tests/cluster/test_one.py", 4, group="shared")
    written(tmp_path, "tests/cluster/test_other.py", 4, group="shared")

    ran = run(tmp_path, 2)

    assert set(ran[0]).isdisjoint(ran[1])
    assert any({"tests/cluster/test_one.py", "tests/cluster/test_other.py"} <= set(each) for each in ran)
    # More tests that compute do not come before what waits.
    assert {each[0] for each in ran} == {"tests/cluster/test_one.py", "tests/gateway/test_waiting.py"}
    assert sum(map(len, ran)) == 49


@pytest.mark.long
def test_two_processes_have_the_api_servers_of_the_engines_tests(tmp_path: Path) -> None:
    for number in range(6):
        written(tmp_path, f"tests/engine/test_engine_{number}.py", 9)
        written(tmp_path, f"tests/unit/test_unit_{number}.py", 6)

    ran = run(tmp_path, 3)

    assert sorted(any("engine" in file for file in each) for each in ran) == [False, True, True]
    assert sum(map(len, ran)) == 90
