#!/usr/bin/env python3
"""The policy pack's process: `--policy-pack policies` runs the directory, `…/__main__.py` this file.

The file is for CLIs whose Python host starts no pack from a directory, as the one that `make` builds. It runs with any
Python 3 on PATH, and goes on in the pack's own virtual environment.
"""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parent.parent
_PYTHON = _CHECKOUT / ".venv-policies" / "bin" / "python"

if not all(map(find_spec, ("pulumi_policy", "pydantic"))):
    if not _PYTHON.exists() or Path(sys.executable) == _PYTHON:
        sys.exit(f"{_PYTHON.parent.parent} is missing or incomplete: run `make policies` in {_CHECKOUT}")
    # Unbuffered: the engine waits for the port that the pack prints.
    os.execv(_PYTHON, [str(_PYTHON), "-u", __file__, *sys.argv[1:]])  # noqa: S606 - its own interpreter

sys.path.insert(0, str(_CHECKOUT))

from policies.pack import serve  # noqa: E402 - found only now

serve()
