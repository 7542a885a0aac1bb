"""Runs of Python programs, each a process forked from a Python that has imported what the command line needs.

Most of what `python -m slicewise plan` takes are Python's start and imports. All else is as in a process of its own:
its arguments, environment, directory and streams, what it leaves in memory, how it ends, and that warnings are errors.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from select import select
from threading import Lock

from tests.forked_main import run_as_main

ROOT = Path(__file__).resolve().parents[3]
_BYTES = 1 << 17  # of a request; Linux takes as many in one piece
_one_at_a_time = Lock()


def run_forked(
    program: str, arguments: Sequence[str], environ: Mapping[str, str], streams: Sequence[int], seconds: float
) -> int:
    """Run `python -W error -c PROGRAM ARGUMENTS` from the project's directory.

    Args:
        program: Its text.
        arguments: What follows it.
        environ: Its environment; what Python itself reads there when it starts is not looked at.
        streams: The descriptors of its standard input, output and error.
        seconds: When it is killed.

    Returns:
        Its exit code, or a signal's number below zero.

    Raises:
        subprocess.TimeoutExpired: it was killed.
    """
    request = json.dumps([program, arguments, dict(environ)]).encode()
    with _one_at_a_time:
        server = _server()
        socket.send_fds(server, [request], streams)
        process = int(server.recv(_BYTES))
        in_time, _, _ = select([server], [], [], seconds)
        if not in_time:
            os.kill(process, signal.SIGKILL)
        code = int(server.recv(_BYTES))
    if not in_time:
        raise subprocess.TimeoutExpired([program, *arguments], seconds)
    return code


@cache
def _server() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-W", "error", "-m", __name__, str(theirs.fileno())]
    with theirs:
        server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])

    def end() -> None:
        ours.close()
        server.wait()

    atexit.register(end)
    return ours


def _import_what_programs_need() -> None:
    """Import all that does not look at the terminal or the environment, which `slicewise.cli` does."""
    import slicewise  # noqa: PLC0415 - only the server needs it

    for package in pkgutil.iter_modules(slicewise.__path__, "slicewise."):
        if package.ispkg and package.name != "slicewise.cli":
            for module in pkgutil.walk_packages(import_module(package.name).__path__, f"{package.name}."):
                import_module(module.name)
    for name in ("rapidfuzz.process", "rich.markdown", "rich.progress", "rich.table", "typer._adapters", "typer.core"):
        import_module(name)


def _serve(requests: socket.socket) -> None:
    """Fork a child for each request until no more come; the child runs the program of its request."""
    while True:
        request, streams, *_ = socket.recv_fds(requests, _BYTES, 3)
        if not request:
            return
        process = os.fork()
        if not process:
            break
        for stream in streams:
            os.close(stream)
        requests.send(str(process).encode())
        requests.send(str(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])).encode())
    requests.close()
    for descriptor, (name, stream) in enumerate(zip(("stdin", "stdout", "stderr"), streams, strict=True)):
        os.dup2(stream, descriptor)
        os.close(stream)
        _open(name, descriptor)
    program, arguments, environ = json.loads(request)
    run_as_main(program, ["-c", *arguments], environ)


def _open(name: str, descriptor: int) -> None:
    """Open a standard stream as Python does when it starts: what it leads to may be a pipe, a terminal or a file."""
    old = getattr(sys, name)
    new = open(  # noqa: SIM115 - the program's, until it ends
        descriptor, old.mode, encoding=old.encoding, errors=old.errors, newline="\n", closefd=False
    )
    new.reconfigure(line_buffering=new.isatty() or name == "stderr")
    setattr(sys, name, new)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as _requests:
        _requests.set_inheritable(False)
        _import_what_programs_need()
        gc.collect()
        _serve(_requests)
