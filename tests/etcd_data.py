"""Control planes that begin with what another one had at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.custom_resources import wait_for_definitions


@contextmanager
def started_with(data: Path, directory: Path) -> Iterator[ControlPlane]:
    """Start a control plane that has `data`, and serves all kinds in it."""
    with ControlPlane.start(directory, data=data) as plane:
        with connect(plane) as client:
            wait_for_definitions(client)
        yield plane
