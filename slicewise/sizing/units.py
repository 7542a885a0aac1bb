"""The unit that an engine gets: a slice or a whole GPU, by the memory that it really has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from slicewise.mig import GpuModel, MigProfile

GIB: Final = 1 << 30
# vLLM v0.23, engine/arg_utils.py, get_batch_defaults: it asks NVML for the device's memory and name.
_LARGE_DEVICE: Final = 70 * GIB


@dataclass(frozen=True, slots=True)
class Unit:
    """One allocation unit.

    Attributes:
        memory: Bytes that a program sees of it: of a slice what the driver prints, never its name's number.
        is_slice: Whether it is a MIG slice; None where that is not said.
        gpu_model: The catalogue's name of its GPU model; empty where it is not said.
    """

    memory: int
    is_slice: bool | None = None
    gpu_model: str = ""

    @property
    def sees_large_device(self) -> bool | None:
        """Whether vLLM takes its batch sizes for large GPUs; None where this depends on what is not said.

        In a container with a slice NVML refuses, and vLLM takes the smaller ones (vLLM #55381).
        """
        if self.is_slice or self.memory < _LARGE_DEVICE:
            return False
        if self.is_slice is None or not self.gpu_model:
            return None
        return not self.gpu_model.startswith("a100")


@dataclass(frozen=True, slots=True)
class OfferedUnit:
    """A unit that could be taken instead.

    Attributes:
        unit: What it is.
        way: What to write to get it, as a remedy says it.
        required: Bytes of `memoryPerGpu` that `way` requires; 0 where it names the unit itself.
    """

    unit: Unit
    way: str
    required: int = 0


def slice_of(model: GpuModel, profile: MigProfile) -> Unit | None:
    """Return the unit that a slice is, with the least memory that drivers give it; None where none was measured."""
    if profile.usable_mib is None:
        return None
    return Unit(profile.usable_mib << 20, is_slice=True, gpu_model=model.name)
