"""The engine interrupts the program wherever it is."""

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


# What takes long to import is a place like any other.
_IMPORTING = """
import os, runpy, signal, sys

class Interrupts:
    def find_spec(self, name, *_):
        if name == "components.fleet":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
runpy.run_path("__main__.py", run_name="__main__")
print("still there")
"""


def test_a_program_that_is_interrupted_while_it_is_imported_prints_nothing() -> None:
    command = [sys.executable, "-c", _IMPORTING]
    run = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stdout, run.stderr) == (-signal.SIGINT, "", "")
