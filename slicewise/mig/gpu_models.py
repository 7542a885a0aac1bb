"""What the catalogue says of one GPU model."""

from __future__ import annotations

from dataclasses import dataclass

from slicewise.mig.profiles import MigProfile, parse_profile_name


@dataclass(frozen=True, slots=True)
class GpuModel:
    """A GPU model: boards that offer the same MIG profiles under the same names.

    Attributes:
        name: The short name, such as `h100-80gb`.
        memory_gib: Nominal memory of one GPU, as in the names of boards and profiles; the largest where boards of one
            name differ (V100, P100, GB200, GB300).
        profiles: The MIG profiles, empty where the GPU cannot do MIG.
        aliases: Other names that mean this model, in lower case and without `nvidia-`.
    """

    name: str
    memory_gib: int
    profiles: tuple[MigProfile, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def mig_capable(self) -> bool:
        """Whether the GPU can be sliced (NVIDIA MIG User Guide, supported GPUs)."""
        return bool(self.profiles)

    def profile(self, name: str) -> MigProfile | None:
        """Return the profile with this name in the driver's spelling, or None if this model does not offer it."""
        return next((profile for profile in self.profiles if profile.name == name), None)


MeasuredMemory = int | tuple[int, int] | None
"""MiB per instance: the lowest and the highest measured, which differ between drivers; None if not measured."""


Placing = tuple[int, tuple[int, ...]]
"""How many memory slices an instance takes, and which it may begin at."""


def mig_profile(name: str, per_gpu: int, measured: MeasuredMemory = None, placing: Placing = (0, ())) -> MigProfile:
    """Build a profile for a table; its nominal memory is read from the name, so that the two cannot disagree.

    Args:
        name: The driver's spelling.
        per_gpu: The most instances on one GPU.
        measured: What an instance was seen to have.
        placing: Where it may be on the board; nothing where NVIDIA does not say it.

    Returns:
        The profile.

    Raises:
        ValueError: `name` is not a well-formed profile name.
    """
    parsed = parse_profile_name(name)
    if parsed is None:
        raise ValueError(f'"{name}" is not a MIG profile name')
    lowest, most = measured if isinstance(measured, tuple) else (measured, measured)
    return MigProfile(name, per_gpu, parsed.memory_gb or None, lowest, most, *placing)
