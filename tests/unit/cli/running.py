"""`python -m slicewise` as a process: in a pipe, and in a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from typer.testing import CliRunner

from slicewise.cli.app import app
from slicewise.cli.command_list import COMMANDS as FUNCTIONS

ROOT = Path(__file__).resolve().parents[3]
DEMO = str(ROOT / "stacks/demo")
SHORTFALL = str(ROOT / "stacks/shortfall")
GKE_MIXED = str(ROOT / "stacks/gke-mixed")
COMMAND = (sys.executable, "-W", "error", "-m", "slicewise")
# For a terminal: nothing takes so long that there is a bar, however busy the machine is.
_PATIENT = (
    "from slicewise.cli import app; from slicewise.presentation import progress; progress.SECONDS = 600; app.main()"
)
PATIENT = (sys.executable, "-W", "error", "-c", _PATIENT)
SECONDS = 300
COMMANDS = list(FUNCTIONS)


def slicewise(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run `python -m slicewise`, as from a pipe."""
    run = subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, input=stdin, capture_output=True, check=False, timeout=SECONDS
    )
    result = subprocess.CompletedProcess(run.args, run.returncode, run.stdout.decode(), run.stderr.decode())
    assert "Traceback" not in result.stderr
    return result


def in_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in this process, from the directory that the tests run in: in a hundredth of the time."""
    result = CliRunner().invoke(app, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)


def in_terminal(*command: str, columns: int = 120, encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
    """Run `command` in a terminal, its standard output and standard error together."""
    ours, theirs = pty.openpty()
    environ = os.environ | {"COLUMNS": str(columns), "TERM": "xterm-256color", "PYTHONIOENCODING": encoding}
    environ.pop("NO_COLOR", None)
    with closing(os.fdopen(ours, "rb", buffering=0)) as screen:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        shown = b"".join(_until_closed(screen.fileno())).decode()
        return subprocess.CompletedProcess(command, process.wait(SECONDS), shown.replace("\r\n", "\n"), "")


def _until_closed(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            part = os.read(descriptor, 1 << 16)
        except OSError:  # how Linux says that the other end of a terminal is closed
            return
        if not part:
            return
        yield part
