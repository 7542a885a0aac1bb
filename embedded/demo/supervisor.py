"""The process that keeps the demo's clusters running after `make demo` has ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from embedded.cluster import Cluster
from embedded.demo.fake_pools import fake_pools
from embedded.errors import ControlPlaneError
from embedded.program import CHECKOUT
from slicewise.spec import load_fleet

DOCUMENTS = "stacks/demo"
_START_SECONDS = 180
_STOP_SECONDS = 60


def cluster_directory(state: Path, environment: str) -> Path:
    """Return where the cluster of `environment` keeps its data, logs and kubeconfig."""
    return state / "clusters" / environment


def serve(state: Path) -> None:
    """Start a cluster for each environment of the demo stack, say so in a file, and keep them until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        for environment in load_fleet([str(CHECKOUT / DOCUMENTS)]).environments:
            directory = cluster_directory(state, environment.metadata.name)
            stack.enter_context(Cluster.start(directory, fake_pools(environment)))
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
    _pid_file(state).write_text(str(process.pid))
    deadline = time.monotonic() + _START_SECONDS
    while not _ready_file(state).exists():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise ControlPlaneError(f"the demo's clusters did not start; their supervisor said:\n{tail}")
        time.sleep(0.2)


def stop(state: Path) -> bool:
    """Stop the supervisor, and with it all clusters; return whether one was running."""
    try:
        pid = int(_pid_file(state).read_text())
        os.kill(pid, signal.SIGTERM)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return False
    deadline = time.monotonic() + _STOP_SECONDS
    while _runs(pid):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)
    return True


def is_running(state: Path) -> bool:
    """Return whether the clusters are up."""
    try:
        return _ready_file(state).exists() and _runs(int(_pid_file(state).read_text()))
    except (FileNotFoundError, ValueError):
        return False


def _runs(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    # A zombie has ended; only its parent has not looked yet.
    return status.rpartition(")")[2].split()[0] != "Z"


def _pid_file(state: Path) -> Path:
    return state / "supervisor.pid"


def _ready_file(state: Path) -> Path:
    return state / "ready"
