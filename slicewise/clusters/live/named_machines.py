"""What the type of a node's machine says of its GPUs, where a cloud writes it into labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from slicewise.clusters.live.gpus import LabelledBy
from slicewise.kubernetes import (
    AKS_ACCELERATOR_LABEL,
    AKS_GPU_COUNT_LABEL,
    AKS_GPU_NAME_LABEL,
    GKE_ACCELERATOR_LABEL,
    INSTANCE_TYPE_LABEL,
    OLD_INSTANCE_TYPE_LABEL,
    whole,
)
from slicewise.mig import azure_size, ec2_instance, gce_machine

# What AKS writes on nodes with GPUs of NVIDIA.
_NVIDIA: Final = "nvidia"


@dataclass(frozen=True, slots=True)
class NamedMachine:
    """The GPUs of a machine.

    Attributes:
        told_by: Whose machine it is.
        accelerator: The GPU model, by the catalogue's name or by the cloud's (`A100`); None where only is said that
            there are some.
        count: Physical GPUs in one machine; None where that is not said.
    """

    told_by: LabelledBy
    accelerator: str | None
    count: int | None


def machine_of(labels: Mapping[str, str]) -> NamedMachine | None:
    """Return what labels say of a node's machine; None where its type is not known, and nothing says it has GPUs."""
    kind = next((labels[key] for key in (INSTANCE_TYPE_LABEL, OLD_INSTANCE_TYPE_LABEL) if labels.get(key)), "")
    if ec2 := ec2_instance(kind):
        return NamedMachine(LabelledBy.EKS, ec2.model, ec2.count)
    # A GCE machine says the count alone: GKE's own label says the model, and N1 machines have what is attached.
    if GKE_ACCELERATOR_LABEL in labels and (gce := gce_machine(kind)):
        return NamedMachine(LabelledBy.GKE, gce.model, gce.count)
    if azure := azure_size(kind):
        return NamedMachine(LabelledBy.AKS, azure.model, azure.count)
    name = labels.get(AKS_GPU_NAME_LABEL)
    if name or labels.get(AKS_ACCELERATOR_LABEL) == _NVIDIA:
        return NamedMachine(LabelledBy.AKS, name or None, whole(labels.get(AKS_GPU_COUNT_LABEL)) or None)
    return None
