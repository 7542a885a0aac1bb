"""Starts what removes the kubeconfigs that Pulumi's Kubernetes provider leaves in the temporary directory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise

from slicewise.clusters.access import SWEEPER


def sweep_while_the_engine_runs() -> None:
    """Start the sweeper in the background. To be called before anything is declared; does nothing without an engine."""
    address = engine_address(sys.orig_argv)
    if address is None or os.name != "posix":
        return
    # Where Go's os.TempDir looks: the provider has this process's environment.
    directory = os.environ.get("TMPDIR") or "/tmp"  # noqa: S108 - what Go does
    subprocess.Popen(  # noqa: S603 - our own script
        # Isolated and without site-packages: it starts in a hundredth of a second and needs nothing.
        [sys.executable, "-I", "-S", SWEEPER, address, directory],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Ctrl-C and whatever ends the program's process group must not end it.
        start_new_session=True,
    )


def engine_address(arguments: Sequence[str]) -> str | None:
    """Return the address in the arguments that Pulumi's language host starts programs with, if it is there."""
    for option, value in pairwise(arguments):
        if option == "--engine":
            return value
    return None
