"""The GPUs of the clouds' machine types, as far as the name of the type says which they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class MachineGpus:
    """What a machine type has.

    Attributes:
        model: The catalogue's short name of the GPU model.
        count: Physical GPUs in one machine; None where the type's name does not say it.
    """

    model: str
    count: int | None


# Compute Engine, accelerator-optimized machine family. N1 machines have what is attached to them.
_GCE_FAMILIES: Final = {
    "a2-highgpu": "a100-40gb",
    "a2-megagpu": "a100-40gb",
    "a2-ultragpu": "a100-80gb",
    "a3-highgpu": "h100-80gb",
    "a3-edgegpu": "h100-80gb",
    "a3-megagpu": "h100-80gb",
    "a3-ultragpu": "h200",
    "a4-highgpu": "b200",
    "a4x-highgpu": "gb200",
    "g2-standard": "l4",
    "g4-standard": "rtx-pro-6000",
}
_GCE_COUNT: Final = re.compile(r"gpu-([0-9]+)g(-[a-z]+)?$")

# Amazon EC2, accelerated computing; the models of p4 to g7e also in aws/sagemaker-hyperpod-cli, constants.
_EC2_FAMILIES: Final = {
    "p3": "v100",
    "p3dn": "v100",
    "p4d": "a100-40gb",
    "p4de": "a100-80gb",
    "p5": "h100-80gb",
    "p5e": "h200",
    "p5en": "h200",
    "p6-b200": "b200",
    "p6-b300": "b300",
    "p6e-gb200": "gb200",
    "g4dn": "t4",
    "g5": "a10g",
    "g6": "l4",
    "gr6": "l4",
    "g6e": "l40s",
    "g7e": "rtx-pro-6000",
}
# g7e: kubernetes/autoscaler, issue 9854.
_EC2_COUNTS: Final = {
    "p4d.24xlarge": 8,
    "p4de.24xlarge": 8,
    "p5.4xlarge": 1,
    "p5.48xlarge": 8,
    "p5e.48xlarge": 8,
    "p5en.48xlarge": 8,
    "p6-b200.48xlarge": 8,
    "p6-b300.48xlarge": 8,
    "p6e-gb200.36xlarge": 4,
    "g7e.2xlarge": 1,
    "g7e.4xlarge": 1,
    "g7e.8xlarge": 1,
    "g7e.12xlarge": 2,
    "g7e.24xlarge": 4,
    "g7e.48xlarge": 8,
}


def gce_machine(machine_type: str) -> MachineGpus | None:
    """Return the GPUs of a Compute Engine machine type (`a3-highgpu-8g`); None where its name does not say them."""
    model = _GCE_FAMILIES.get("-".join(machine_type.split("-")[:2]))
    if model is None:
        return None
    counted = _GCE_COUNT.search(machine_type)
    return MachineGpus(model, int(counted[1]) if counted else None)


def ec2_instance(instance_type: str) -> MachineGpus | None:
    """Return the GPUs of an EC2 instance type (`p5.48xlarge`); None where its family is not known to have NVIDIA's."""
    model = _EC2_FAMILIES.get(instance_type.partition(".")[0])
    return None if model is None else MachineGpus(model, _EC2_COUNTS.get(instance_type))
