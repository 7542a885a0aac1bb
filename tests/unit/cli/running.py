"""`python -m slicewise` as a process, forked or started: in pipes, and in a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from typer.testing import CliRunner

from slicewise.cli.app import app
from slicewise.cli.command_list import COMMANDS as FUNCTIONS
from tests.unit.cli.forking import ROOT as ROOT  # noqa: PLC0414 - for whoever runs the command line
from tests.unit.cli.forking import run_forked

DEMO = str(ROOT / "stacks/demo")
SHORTFALL = str(ROOT / "stacks/shortfall")
GKE_MIXED = str(ROOT / "stacks/gke-mixed")
COMMAND = (sys.executable, "-W", "error", "-m", "slicewise")
_MODULE = "import runpy; runpy.run_module('slicewise', run_name='__main__', alter_sys=True)"
# For a terminal: nothing takes so long that there is a bar, however busy the machine is.
_PATIENT = (
    "from slicewise.cli import app; from slicewise.presentation import progress; progress.SECONDS = 600; app.main()"
)
SECONDS = 300
COMMANDS = list(FUNCTIONS)


def slicewise(
    *arguments: str, stdin: bytes = b"", environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `python -m slicewise` in pipes, in this environment where no other is given."""
    (read_stdin, write_stdin), (read_stdout, write_stdout), (read_stderr, write_stderr) = (os.pipe() for _ in range(3))
    with ThreadPoolExecutor(3) as threads:
        threads.submit(_write, write_stdin, stdin)
        stdout, stderr = threads.submit(_read, read_stdout), threads.submit(_read, read_stderr)
        streams = (read_stdin, write_stdout, write_stderr)
        code = _run(_MODULE, arguments, os.environ if environ is None else environ, streams)
    result = subprocess.CompletedProcess(arguments, code, stdout.result().decode(), stderr.result().decode())
    assert "Traceback" not in result.stderr
    return result


def in_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in this process, from the directory that the tests run in: in a hundredth of the time."""
    result = CliRunner().invoke(app, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)


def in_terminal(
    *arguments: str, program: str = _PATIENT, columns: int = 120, encoding: str = "utf-8", **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run `program`, the command line, in a terminal, its standard output and standard error together."""
    ours, theirs = pty.openpty()
    outside = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    terminal = {"COLUMNS": str(columns), "TERM": "xterm-256color", "PYTHONIOENCODING": encoding}
    with ThreadPoolExecutor(1) as threads:
        shown = threads.submit(_read, ours)
        code = _run(program, arguments, outside | terminal | environ, (theirs, theirs, theirs))
    return subprocess.CompletedProcess(arguments, code, shown.result().decode().replace("\r\n", "\n"), "")


def _run(program: str, arguments: Sequence[str], environ: Mapping[str, str], streams: Sequence[int]) -> int:
    try:
        if environ.get("PYTHONIOENCODING", "utf-8") == "utf-8":
            return run_forked(program, arguments, environ, streams, SECONDS)
        # Python looks at it when it starts.
        stdin, stdout, stderr = streams
        command = [sys.executable, "-W", "error", "-c", program, *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environ, stdin=stdin, stdout=stdout, stderr=stderr, check=False, timeout=SECONDS
        ).returncode
    finally:
        for stream in set(streams):
            os.close(stream)


def _write(descriptor: int, content: bytes) -> None:
    with suppress(BrokenPipeError), open(descriptor, "wb") as pipe:
        pipe.write(content)


def _read(descriptor: int) -> bytes:
    parts = []
    with open(descriptor, "rb", buffering=0) as stream, suppress(OSError):  # so says a terminal of which no end is left
        while part := stream.read(1 << 16):
            parts.append(part)
    return b"".join(parts)
