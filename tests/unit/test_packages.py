"""`toolchain/packages.py`: which of uv and pip installs, and that both take only what is pinned."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from toolchain.packages import main, names_index

if TYPE_CHECKING:
    from pathlib import Path

# Writes what it was called with, says what pip's configuration is, and ends as it is told to.
_RECORDER = """#!/bin/sh
echo "$(basename "$0") $*" >> "$RECORD"
case "$*" in *"config list"*) echo "$CONFIGURED";; esac
[ "$(basename "$0")" = uv ] && exit "$UV_ENDS"
case "$*" in *requirements-uv.txt*) cp "$0" "$(dirname "$0")/uv";; esac
exit 0
"""


def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configured: str = "", uv_ends: int = 0) -> list[str]:
    """Return the calls that installing two files makes, in an environment whose programs only record."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "python"
    program.write_text(_RECORDER)
    program.chmod(0o755)
    record = tmp_path / "record"
    for name, value in {"RECORD": str(record), "CONFIGURED": configured, "UV_ENDS": str(uv_ends)}.items():
        monkeypatch.setenv(name, value)
    assert main(str(tmp_path), ["one.txt", "two.txt"]) == 0
    return [line for line in record.read_text().splitlines() if "config list" not in line]


def test_uv_installs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched, calls = installed(tmp_path, monkeypatch)
    assert fetched.startswith("python -m pip ")
    assert fetched.endswith("requirements-uv.txt")
    assert calls.startswith(f"uv pip install --python={tmp_path}/bin/python ")
    assert calls.endswith("--requirement=one.txt --requirement=two.txt")
    assert "--require-hashes" in fetched
    assert "--require-hashes" in calls


def test_pip_installs_where_uv_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, refused, instead = installed(tmp_path, monkeypatch, uv_ends=2)
    assert refused.startswith("uv ")
    assert instead.startswith("python -m pip ")
    assert instead.endswith("install --quiet --require-hashes --requirement=one.txt --requirement=two.txt")


def test_an_index_of_pip_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (only,) = installed(tmp_path, monkeypatch, configured="global.index-url='https://packages.example.com/simple'")
    assert only.startswith("python -m pip ")
    assert "--require-hashes" in only


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("PIP_INDEX_URL", "https://packages.example.com/simple", True),
        ("PIP_EXTRA_INDEX_URL", "https://packages.example.com/simple", True),
        ("PIP_NO_INDEX", "1", True),
        ("PIP_DEFAULT_TIMEOUT", "60", False),
    ],
)
def test_what_pip_says_of_itself(variable: str, value: str, named: bool) -> None:
    plain = {key: text for key, text in os.environ.items() if not key.startswith("PIP_")}
    said = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        env=plain | {"PIP_CONFIG_FILE": os.devnull, variable: value},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert value in said
    assert names_index(said) is named
