"""The Python that runs the program in most tests: forked from one that has other projects' packages imported.

To import these takes a Python half of the program's time. All else is as in a start of its own, and Slicewise's modules
are imported anew each time. What has to do with the start itself, with interruptions, kills or what processes leave
behind has a real one (`real_start`), and so have some tests of everything else: `test_preview.py`, users' own programs
and the demo.
"""

from __future__ import annotations

import atexit
import os
import shlex
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from embedded.program import CHECKOUT

_CLIENT = Path(__file__).with_name("fork_client.py")


@cache
def forked_python() -> Path:
    """Return a Python for `Program`: it forks what Pulumi's language host runs, and starts for all else.

    The first call in a process starts the Python that is forked; it ends with that process, whichever way this ends.
    """
    directory = Path(tempfile.mkdtemp(prefix="slicewise-forks-"))
    asked, python = directory / "socket", directory / "python"
    command = shlex.join([sys.executable, "-I", "-S", str(_CLIENT), str(asked)])
    python.write_text(
        "#!/bin/sh\n"
        f'case $1 in */pulumi-language-python-exec) exec {command} "$@" ;; esac\n'
        f'exec {shlex.quote(sys.executable)} "$@"\n'
    )
    python.chmod(0o700)
    _start(directory, asked)
    return python


def _start(directory: Path, asked: Path) -> None:
    """Start the Python that is forked; it removes the directory when it ends."""
    ours, theirs = socket.socketpair()
    with theirs, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(asked))
        listener.listen()
        descriptors = theirs.fileno(), listener.fileno()
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.fork_server", *map(str, descriptors), str(directory)],
            cwd=CHECKOUT,
            env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # as the program's
            stderr=subprocess.STDOUT,
            text=True,
            pass_fds=descriptors,
            process_group=0,  # Ctrl-C is for pytest
        )

    def end() -> None:
        ours.close()
        sys.stderr.write(server.communicate()[0])

    atexit.register(end)
