"""What clusters with all kinds begin with: installing these takes an API server three times as long as it starts."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from embedded.cluster import install_kinds
from embedded.control_plane import ControlPlane, data_of
from embedded.kept_directory import kept_directory
from embedded.program import CHECKOUT
from embedded.toolchain import bin_dir, kubernetes_dir

_KEPT = CHECKOUT / ".state" / "kinds"


def data_with_kinds() -> Path:
    """Return the data of a control plane after `install_kinds`, which a checkout makes once for each toolchain.

    Raises:
        ControlPlaneError: Programs or sources are missing, or something was not ready in time.
    """
    return kept_directory(_KEPT, _decided_by(), _make)


def _decided_by() -> str:
    """Return a hash of the programs and published modules, whose directories are named after theirs, and of our own."""
    decides = hashlib.sha256(f"{bin_dir()} {kubernetes_dir()}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        decides.update(source.read_bytes())
    return decides.hexdigest()[:16]


def _make(path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as directory:
        with ControlPlane.start(Path(directory)) as plane:
            install_kinds(plane)
        data_of(Path(directory)).rename(path)
