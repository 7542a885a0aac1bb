"""The process that keeps the demo's clusters running after `make demo` has ended."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from embedded.cluster import EmbeddedCluster
from embedded.demo.fake_pools import fake_pools
from embedded.errors import ControlPlaneError
from embedded.kinds_data import data_with_kinds
from embedded.program import CHECKOUT
from slicewise.documents import load_fleet

DOCUMENTS = "stacks/demo"
_START_SECONDS = 600
_STOP_SECONDS = 60


def cluster_directory(state: Path, environment: str) -> Path:
    """Return where the cluster of `environment` keeps its data, logs and kubeconfig."""
    return state / "clusters" / environment


def keep_running(state: Path) -> None:
    """Start a cluster for each environment of the demo stack, say so in a file, and keep them until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        for environment in load_fleet([str(CHECKOUT / DOCUMENTS)]).environments:
            directory = cluster_directory(state, environment.metadata.name)
            pools = fake_pools(environment)
            stack.enter_context(EmbeddedCluster.start(directory, pools, gateway=True, data=data_with_kinds()))
        _ready_file(state).touch()
        while True:
            signal.pause()


def start(state: Path) -> None:
    """Start the supervisor in the background and wait until all clusters are ready.

    Raises:
        ControlPlaneError: It ended early, or was not ready in time; the message has the end of its log.
    """
    log = state / "supervisor.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "embedded.demo", "serve", str(state)],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _pid_file(state).write_text(f"{process.pid} {_started(process.pid)}")
    deadline = time.monotonic() + _START_SECONDS
    while not _ready_file(state).exists():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise ControlPlaneError(f"the demo's clusters did not start; their supervisor said:\n{tail}")
        time.sleep(0.2)


def stop(state: Path) -> bool:
    """Stop the supervisor, and with it all clusters; return whether one was running."""
    with _running(state) as process:
        if process is None:
            return False
        for signum in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(process, signum)
            if _ended(process, _STOP_SECONDS):
                break
    return True


def is_running(state: Path) -> bool:
    """Return whether the clusters are up."""
    with _running(state) as process:
        return process is not None and _ready_file(state).exists()


@contextmanager
def _running(state: Path) -> Iterator[int | None]:
    """Give a descriptor of the supervisor's process, or None if it does not run.

    Another process may have its number by now, and is told apart by when it started. What the descriptor refers to
    stays the same, whoever gets the number later.
    """
    descriptor = None
    try:
        pid, started = map(int, _pid_file(state).read_text().split())
        descriptor = os.pidfd_open(pid)
        same = _started(pid) == started and not _ended(descriptor, 0)
    except (OSError, OverflowError, ValueError):  # no such file, no such process, or no such number
        same = False
    try:
        yield descriptor if same else None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _started(pid: int) -> int:
    """Return when a process started, in ticks since the machine did (proc(5): field 22; the second may have spaces)."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def _ended(process: int, seconds: float) -> bool:
    """Wait until a process has ended; one that its parent has not looked at yet has."""
    return bool(select.select([process], [], [], seconds)[0])


def _pid_file(state: Path) -> Path:
    return state / "supervisor.pid"


def _ready_file(state: Path) -> Path:
    return state / "ready"
