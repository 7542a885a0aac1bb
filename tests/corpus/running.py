"""`python -m slicewise` on hostile input: a process with bounded memory, killed when it does not end."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Address space in KiB, of which Python and its libraries take a third; a bomb takes all there is.
MEMORY = 1_500_000
# Many times what the slowest takes: only what hangs is killed.
SECONDS = 600
# What a person, a terminal and a CI log can bear.
MOST_LINES = 1_001
MOST_CHARACTERS = 1_000_000


def slicewise(
    *arguments: str, stdin: bytes = b"", here: Path = ROOT, redirection: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run it in the directory `here`; `redirection` is a shell's, such as `<&-`.

    Raises:
        subprocess.TimeoutExpired: it hangs.
    """
    script = f'ulimit -v {MEMORY}; export PYTHONPATH="$1"; shift; exec "$@" {redirection}'
    command = [sys.executable, "-W", "error", "-m", "slicewise", *arguments]
    run = subprocess.run(
        ["/bin/bash", "-c", script, "bash", str(ROOT), *command],
        cwd=here,
        input=stdin,
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )
    result = subprocess.CompletedProcess(run.args, run.returncode, run.stdout.decode(), run.stderr.decode())
    assert "Traceback" not in result.stderr, result.stderr[-2000:]
    return result


def refused(*arguments: str, stdin: bytes = b"", here: Path = ROOT, redirection: str = "") -> list[str]:
    """Run what must end with exit code 2 and nothing but errors; return these: a line each, with a code."""
    run = slicewise(*arguments, stdin=stdin, here=here, redirection=redirection)
    assert (run.returncode, run.stdout) == (2, ""), run
    lines = run.stderr.removesuffix("\n").split("\n")
    assert len(lines) <= MOST_LINES
    assert len(run.stderr) <= MOST_CHARACTERS
    for line in lines:
        assert line.isprintable(), line
        assert re.search(r" \[SW\d{3}\]$", line), line
    return lines
