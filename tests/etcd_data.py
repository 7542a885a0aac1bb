"""Control planes that begin with what another one had at its end."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from embedded.control_plane import ControlPlane, data_of


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
