"""Runs NVIDIA's components over layouts; `toolchain/nvidia` has the program."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from embedded.toolchain import find_binary, nvidia_dir

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded.nvidia.layouts import NodeLayout


def ask_components(layouts: Mapping[str, NodeLayout]) -> dict[str, Mapping[str, Any]]:
    """Return what the program says of each of `layouts`, by its name.

    Raises:
        ControlPlaneError: The program has not been built.
        CalledProcessError: It failed.
    """
    program = find_binary(nvidia_dir(), "nvidia-layouts", "toolchain-nvidia")
    asked = json.dumps([layout.as_json() for layout in layouts.values()])
    run = subprocess.run([program], input=asked, capture_output=True, text=True, check=True)
    return dict(zip(layouts, json.loads(run.stdout), strict=True))
