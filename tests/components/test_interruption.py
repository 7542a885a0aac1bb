from __future__ import annotations

import signal
import subprocess
import sys

from embedded import CHECKOUT

_PROGRAM = """
import os, signal
from components.interruption import end_silently_when_interrupted
end_silently_when_interrupted()
os.kill(os.getpid(), signal.SIGINT)
print("still there")
"""


def test_an_interrupted_program_prints_nothing() -> None:
    run = subprocess.run([sys.executable, "-c", _PROGRAM], cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stdout, run.stderr) == (-signal.SIGINT, "", "")
