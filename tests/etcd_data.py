"""Control planes that begin with what another one had at its end."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from embedded.api_client import connect
from embedded.control_plane import ControlPlane, data_of
from embedded.custom_resources import wait_for_definitions


@contextmanager
def started_with(data: Path, directory: Path) -> Iterator[ControlPlane]:
    """Start a control plane that has `data`, and serves all kinds in it."""
    with ControlPlane.start(directory, data=data) as plane:
        with connect(plane) as client:
            wait_for_definitions(client)
        yield plane


def data_after(prepare: Callable[[ControlPlane], None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data of a control plane after `prepare`; the first of pytest's processes to ask makes it for all."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made = shared / prepare.__name__
    with (shared / f"{prepare.__name__}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            directory = tmp_path_factory.mktemp(prepare.__name__)
            with ControlPlane.start(directory) as plane:
                prepare(plane)
            data_of(directory).rename(made)
    return made
