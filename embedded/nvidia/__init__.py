"""Nodes as NVIDIA's device plugin and GPU feature discovery describe them, and what its MIG manager makes of GPUs."""

from embedded.nvidia.components import apply_mig_parted, ask_components, ask_mig_parted, mock_placements
from embedded.nvidia.layouts import GpuLayout, NodeLayout, layouts
from embedded.nvidia.mig_manager import DEVICE_IDS, MIG_LAYOUTS, mig_layouts, record_layouts
from embedded.nvidia.recorded import RECORDED, NvidiaNode, record, recorded_nodes

__all__ = [
    "DEVICE_IDS",
    "MIG_LAYOUTS",
    "RECORDED",
    "GpuLayout",
    "NodeLayout",
    "NvidiaNode",
    "apply_mig_parted",
    "ask_components",
    "ask_mig_parted",
    "layouts",
    "mig_layouts",
    "mock_placements",
    "record",
    "record_layouts",
    "recorded_nodes",
]
