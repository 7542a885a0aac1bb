#!/usr/bin/env python3
"""Install pinned Python packages into a virtual environment: `packages.py ENVIRONMENT REQUIREMENTS…`.

uv takes seconds where pip takes half a minute. It does not read pip's configuration, so pip itself installs where that
names an index, and where uv fails (a proxy or certificates that only pip has been told of).
Needs only Python 3.11 and the environment's own pip.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_UV = Path(__file__).resolve().parents[1] / "requirements-uv.txt"
# `global.index-url='…'` of a file, `:env:.extra-index-url='…'` of a variable.
_INDEX = re.compile(r"\.(index|index-url|extra-index-url|no-index)=")


def names_index(configuration: str) -> bool:
    """Say whether pip's configuration, as `pip config list` prints it, says where packages come from."""
    return _INDEX.search(configuration) is not None


def main(environment: str, files: Sequence[str]) -> int:
    """Install what `files` pin, and return the exit status; pip or uv has said what is wrong."""
    python = str(Path(environment, "bin", "python"))
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    pinned = ["--quiet", "--require-hashes", *(f"--requirement={file}" for file in files)]
    configured = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=True).stdout
    if not names_index(configured):
        uv = Path(environment, "bin", "uv")
        if not uv.exists():
            subprocess.run([*pip, "install", "--quiet", "--require-hashes", f"--requirement={_UV}"], check=True)
        if subprocess.run([uv, "pip", "install", f"--python={python}", *pinned], check=False).returncode == 0:
            return 0
        print("uv could not install them; trying pip ...", flush=True)
    return subprocess.run([*pip, "install", *pinned], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
