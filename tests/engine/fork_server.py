"""A Python that has imported what the program takes from other packages, and forks itself where a program is to start.

It is started by `forked_python.py`, asked by `fork_client.py`, and ends when the one that started it does, with all
that it has forked. Slicewise's own modules are in none of it: a program imports them as in a Python of its own.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import selectors
import shutil
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import NamedTuple

from tests.forked_main import run_as_main

# Every preview imports these, with all that they import in turn: each module, and the name that makes it load it.
THIRD_PARTY = (
    ("pulumi", "run"),
    ("pulumi_kubernetes.apiextensions", "CustomResource"),
    ("pulumi_kubernetes.meta", "v1"),
    ("pydantic", "TypeAdapter"),
    ("pydantic.alias_generators", "to_camel"),
    ("pydantic.dataclasses", "dataclass"),
    ("grpc._channel", "Channel"),
    ("grpc.experimental", "UsageError"),
    ("rich.console", "Console"),
)
_BYTES = 1 << 16
_DESCRIPTORS = 253  # as many as Linux passes at a time


class Request(NamedTuple):
    """What the client is that a child stands for."""

    arguments: Sequence[str]
    environ: Mapping[str, str]
    directory: str
    group: int
    """Its process group: a signal to all in it reaches the child, too."""
    descriptors: Mapping[int, int]
    """Its open files: their numbers there, and here."""


class Child(NamedTuple):
    """A program that runs."""

    pid: int
    descriptor: int
    """Readable when it has ended."""
    client: socket.socket
    """Readable when the client has ended."""


def import_third_party() -> None:
    """Import what every program imports of other packages.

    Raises:
        RuntimeError: A thread runs now, which a fork would lack.
    """
    for module, name in THIRD_PARTY:
        getattr(import_module(module), name)
    threads = list(Path("/proc/self/task").iterdir())
    if len(threads) > 1:
        raise RuntimeError(f"what is imported started threads: {len(threads) - 1}")


def _serve(line: socket.socket, listener: socket.socket) -> Request | None:
    """Fork a child for each client: there, return its request; here, nothing, when the line has been closed."""
    children: set[Child] = set()
    with selectors.DefaultSelector() as waiting:
        waiting.register(line, selectors.EVENT_READ)
        waiting.register(listener, selectors.EVENT_READ)
        while True:
            key, _ = waiting.select()[0]
            if key.fileobj is line:
                for child in children:
                    signal.pidfd_send_signal(child.descriptor, signal.SIGKILL)
                    os.waitpid(child.pid, 0)
                return None
            if key.fileobj is listener:
                client, _ = listener.accept()
                request = _request(client)
                if not request:
                    client.close()
                    continue
                pid = os.fork()
                if not pid:
                    for each in children:
                        each.client.close()
                        os.close(each.descriptor)
                    client.close()
                    return request
                for descriptor in request.descriptors.values():
                    os.close(descriptor)
                child = Child(pid, os.pidfd_open(pid), client)
                children.add(child)
                waiting.register(child.descriptor, selectors.EVENT_READ, child)
                waiting.register(child.client, selectors.EVENT_READ, child)
                continue
            child = key.data
            if key.fileobj is child.client:
                waiting.unregister(child.client)
                signal.pidfd_send_signal(child.descriptor, signal.SIGKILL)
            else:
                waiting.unregister(child.descriptor)
                with suppress(KeyError):
                    waiting.unregister(child.client)
                _end(child)
                children.remove(child)


def _request(client: socket.socket) -> Request | None:
    """Return what a client asks for: a line of JSON, and its open files; nothing, if it ends before it has asked."""
    text, descriptors, _, _ = socket.recv_fds(client, _BYTES, _DESCRIPTORS)
    while not text.endswith(b"\n"):
        more = client.recv(_BYTES)
        if not more:
            for each in descriptors:
                os.close(each)
            return None
        text += more
    arguments, environ, directory, group, numbers = json.loads(text)
    return Request(arguments, environ, directory, group, dict(zip(numbers, descriptors, strict=True)))


def _end(child: Child) -> None:
    """Tell the client how its child has ended: the exit code, or a signal's number below zero."""
    code = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
    with child.client, suppress(BrokenPipeError):
        child.client.send(str(code).encode())
    os.close(child.descriptor)


def _run(request: Request, found: Sequence[str]) -> None:
    """Be the client, and run its program.

    Args:
        request: What the client is.
        found: Where Python finds modules, but for the program's own directory and PYTHONPATH.
    """
    os.setpgid(0, request.group)
    os.chdir(request.directory)
    above = max(request.descriptors) + 1
    moved = {number: fcntl.fcntl(here, fcntl.F_DUPFD, above) for number, here in request.descriptors.items()}
    for here in request.descriptors.values():
        os.close(here)
    for number, here in moved.items():
        os.dup2(here, number)
        os.close(here)
    program = request.arguments[0]
    own = [str(Path(each).absolute()) for each in request.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    # Library `site` leaves out what is there already: `.pth` files name the checkout, as PYTHONPATH may.
    sys.path[:] = [str(Path(program).parent), *dict.fromkeys([*own, *found])]
    invalidate_caches()
    # What Python imports first of all, before the program.
    sys.modules.pop("sitecustomize", None)
    with suppress(ModuleNotFoundError):
        import_module("sitecustomize")
    run_as_main(
        compile(Path(program).read_bytes(), program, "exec"), request.arguments, request.environ, __file__=program
    )


def main() -> None:
    """Run as `-m tests.engine.fork_server LINE LISTENER DIRECTORY`: two descriptors, and what goes at the end."""
    line, listener = (socket.socket(fileno=int(each)) for each in sys.argv[1:3])
    found = sys.path[1:]
    import_third_party()
    gc.collect()
    gc.freeze()
    with line, listener:
        line.set_inheritable(False)
        listener.set_inheritable(False)
        request = _serve(line, listener)
    if request:
        _run(request, found)
    else:
        shutil.rmtree(sys.argv[3])


if __name__ == "__main__":
    main()
