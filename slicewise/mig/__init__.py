"""The facts of Multi-Instance GPU (MIG): GPU models, their profiles, slices per GPU, memory, and resource names.

    find_gpu_model("nvidia-h100-80gb").profile("3g.40gb").per_gpu  # 2, so a node with eight H100 has 16
    resource_name("1g.10gb+me", MigStrategy.MIXED)                 # "nvidia.com/mig-1g.10gb.me"

How many slices a GPU holds is a fact of model and profile together, never of the profile's name. Every table names its
source; `docs/mig-catalogue.md` shows them all. Nothing here depends on more than the standard library.
"""

from slicewise.mig.accelerators import (
    AmbiguousAcceleratorError,
    UnknownAcceleratorError,
    find_gpu_model,
    known_gpu_model,
)
from slicewise.mig.azure_sizes import azure_size
from slicewise.mig.catalogue import ALL_GPU_MODELS
from slicewise.mig.cut_on_demand import OnDemandGpu, can_be_cut_on_demand, held_as, is_published_whole, on_demand_gpu
from slicewise.mig.cutting import MOST_GPUS_CUT, can_be_placed, fewest_gpus, memory_slices, most_slices_cut
from slicewise.mig.gke import GKE_ACCELERATORS, gke_accelerator, gke_partition_sizes
from slicewise.mig.gpu_models import GpuModel
from slicewise.mig.machines import MachineGpus, ec2_instance, gce_machine
from slicewise.mig.mig_layouts import UNCUT_LAYOUT, WHOLE_LAYOUT, layout_name, slices_made
from slicewise.mig.precisions import computed_precisions
from slicewise.mig.product_names import product_pattern
from slicewise.mig.profiles import (
    MigProfile,
    canonical_profile_name,
    kubernetes_spelling,
    parse_profile_name,
    plain_profile,
)
from slicewise.mig.resources import WHOLE_GPU_RESOURCE, MigStrategy, is_gpu_resource, resource_name
from slicewise.mig.whole_gpus import programs_see

__all__ = [
    "ALL_GPU_MODELS",
    "GKE_ACCELERATORS",
    "MOST_GPUS_CUT",
    "UNCUT_LAYOUT",
    "WHOLE_GPU_RESOURCE",
    "WHOLE_LAYOUT",
    "AmbiguousAcceleratorError",
    "GpuModel",
    "MachineGpus",
    "MigProfile",
    "MigStrategy",
    "OnDemandGpu",
    "UnknownAcceleratorError",
    "azure_size",
    "can_be_cut_on_demand",
    "can_be_placed",
    "canonical_profile_name",
    "computed_precisions",
    "ec2_instance",
    "fewest_gpus",
    "find_gpu_model",
    "gce_machine",
    "gke_accelerator",
    "gke_partition_sizes",
    "held_as",
    "is_gpu_resource",
    "is_published_whole",
    "known_gpu_model",
    "kubernetes_spelling",
    "layout_name",
    "memory_slices",
    "most_slices_cut",
    "on_demand_gpu",
    "parse_profile_name",
    "plain_profile",
    "product_pattern",
    "programs_see",
    "resource_name",
    "slices_made",
]
