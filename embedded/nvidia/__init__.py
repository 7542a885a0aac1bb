"""Nodes as NVIDIA's device plugin and GPU feature discovery describe them: layouts, and what was recorded of each."""

from embedded.nvidia.components import ask_components
from embedded.nvidia.layouts import GpuLayout, NodeLayout, layouts
from embedded.nvidia.recorded import RECORDED, NvidiaNode, record, recorded_nodes

__all__ = ["RECORDED", "GpuLayout", "NodeLayout", "NvidiaNode", "ask_components", "layouts", "record", "recorded_nodes"]
