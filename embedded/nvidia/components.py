"""Runs NVIDIA's components over layouts; `toolchain/nvidia` has the program."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from embedded.nvidia.mig_manager import CONFIG, DEVICE_IDS
from embedded.toolchain import find_binary, module_dir, nvidia_dir

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from embedded.nvidia.layouts import NodeLayout


def ask_components(layouts: Mapping[str, NodeLayout]) -> dict[str, Mapping[str, Any]]:
    """Return what the program says of each of `layouts`, by its name.

    Raises:
        ControlPlaneError: The program has not been built.
        CalledProcessError: It failed.
    """
    answers = json.loads(_answer([layout.as_json() for layout in layouts.values()]))
    return dict(zip(layouts, answers, strict=True))


def ask_mig_parted(config: Path | None = None) -> dict[str, dict[str, dict[str, int] | None]]:
    """Return what mig-parted makes of the first GPU by each layout of a config file, its own if None, by device id.

    Raises:
        ControlPlaneError: The program has not been built, or the module cannot be had.
        CalledProcessError: It failed.
    """
    file = config or module_dir("github.com/NVIDIA/mig-parted", of="nvidia") / CONFIG
    made: dict[str, dict[str, dict[str, int] | None]] = json.loads(_answer(list(DEVICE_IDS.values()), file))
    return made


def apply_mig_parted(config: Path, node: Mapping[str, object]) -> dict[str, dict[str, Any]]:
    """Return what mig-parted makes of the GPUs of a node by each layout of a config file, or its error.

    Args:
        config: The file.
        node: The node and the limits of its driver: `drivenNode` in `toolchain/nvidia/applied.go`.

    Raises:
        ControlPlaneError: The program has not been built.
        CalledProcessError: It failed.
    """
    made: dict[str, dict[str, Any]] = json.loads(_answer(node, "apply", config))
    return made


def mock_placements() -> dict[str, dict[str, Any]]:
    """Return where NVIDIA's mock says that slices of an A100 40GB may begin, their memory slices, and how many fit.

    Raises:
        ControlPlaneError: The program has not been built.
        CalledProcessError: It failed.
    """
    found: dict[str, dict[str, Any]] = json.loads(_answer([], "placements"))
    return found


def _answer(asked: object, *arguments: str | Path) -> str:
    program = find_binary(nvidia_dir(), "nvidia-layouts", "toolchain-nvidia")
    question = json.dumps(asked)
    return subprocess.run([program, *arguments], input=question, capture_output=True, text=True, check=True).stdout
