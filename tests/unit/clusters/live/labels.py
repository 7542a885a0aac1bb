"""Labels and resources of GPU nodes, as their writers call them."""

from __future__ import annotations

PRODUCT = "nvidia.com/gpu.product"
COUNT = "nvidia.com/gpu.count"
MEMORY = "nvidia.com/gpu.memory"
STRATEGY = "nvidia.com/mig.strategy"
GKE_GPU = "cloud.google.com/gke-accelerator"
GKE_SIZE = "cloud.google.com/gke-gpu-partition-size"
MACHINE = "node.kubernetes.io/instance-type"
GPU = "nvidia.com/gpu"
H100 = "NVIDIA-H100-80GB-HBM3"
