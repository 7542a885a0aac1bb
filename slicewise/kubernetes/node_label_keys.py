"""Labels of nodes that clouds and NVIDIA's tools write, by who writes them."""

from __future__ import annotations

from typing import Final

# GPU feature discovery (k8s-device-plugin v0.20, internal/lm).
PRODUCT_LABEL: Final = "nvidia.com/gpu.product"
"""The board's name; with strategy single, that of the slices: `...-MIG-3g.40gb`."""
GPU_COUNT_LABEL: Final = "nvidia.com/gpu.count"
GPU_MEMORY_LABEL: Final = "nvidia.com/gpu.memory"
"""MiB of a GPU; with strategy single, of a slice."""
REPLICAS_LABEL: Final = "nvidia.com/gpu.replicas"
"""How many pods share a GPU; 1 where none do, 0 where all GPUs are in MIG mode."""
MIG_STRATEGY_LABEL: Final = "nvidia.com/mig.strategy"
# Only of slices, under strategy single.
GPU_INSTANCE_SLICES_LABEL: Final = "nvidia.com/gpu.slices.gi"
COMPUTE_INSTANCE_SLICES_LABEL: Final = "nvidia.com/gpu.slices.ci"
MULTIPROCESSORS_LABEL: Final = "nvidia.com/gpu.multiprocessors"

# GPU Operator: whether its device plugin runs on the node.
DEVICE_PLUGIN_LABEL: Final = "nvidia.com/gpu.deploy.device-plugin"

# mig-parted, cmd/nvidia-mig-manager.
MIG_CONFIG_LABEL: Final = "nvidia.com/mig.config"
"""The layout that MIG manager is asked for."""
MIG_CONFIG_STATE_LABEL: Final = "nvidia.com/mig.config.state"
"""How far it is: pending, rebooting, success, failed."""

# GKE (GoogleCloudPlatform/container-engine-accelerators; GKE cluster autoscaler, gke/labels).
GKE_POOL_LABEL: Final = "cloud.google.com/gke-nodepool"
GKE_ACCELERATOR_LABEL: Final = "cloud.google.com/gke-accelerator"
GKE_ACCELERATOR_COUNT_LABEL: Final = "cloud.google.com/gke-accelerator-count"
GKE_PARTITION_LABEL: Final = "cloud.google.com/gke-gpu-partition-size"
COMPUTE_CLASS_LABEL: Final = "cloud.google.com/compute-class"
"""The ComputeClass by which GKE makes node pools, under generated names."""
GKE_SHARING_LABEL: Final = "cloud.google.com/gke-gpu-sharing-strategy"
GKE_SHARED_CLIENTS_LABEL: Final = "cloud.google.com/gke-max-shared-clients-per-gpu"

# AKS: of every node with GPUs of a node pool (kubernetes.azure.com/accelerator: nvidia), and of Karpenter's
# (learn.microsoft.com/azure/aks, node auto-provisioning, SKU selectors).
AKS_ACCELERATOR_LABEL: Final = "kubernetes.azure.com/accelerator"
AKS_GPU_NAME_LABEL: Final = "karpenter.azure.com/sku-gpu-name"
AKS_GPU_COUNT_LABEL: Final = "karpenter.azure.com/sku-gpu-count"

# EKS managed node groups.
EKS_POOL_LABEL: Final = "eks.amazonaws.com/nodegroup"

# Kubernetes' own (Well-Known Labels, Annotations and Taints).
HOSTNAME_LABEL: Final = "kubernetes.io/hostname"
INSTANCE_TYPE_LABEL: Final = "node.kubernetes.io/instance-type"
OLD_INSTANCE_TYPE_LABEL: Final = "beta.kubernetes.io/instance-type"
REGION_LABEL: Final = "topology.kubernetes.io/region"
ZONE_LABEL: Final = "topology.kubernetes.io/zone"
