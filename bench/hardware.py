"""The node pools that a generated fleet may have: real GPUs, cut as people cut them, declared as people declare them.

Slices a GPU and nominal memory are those of the NVIDIA MIG User Guide, written here again so that the benchmark does
not trust the catalogue of what it measures; loading the documents compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

GPUS_PER_NODE: Final = 8


@dataclass(frozen=True)
class Hardware:
    """One kind of pool: what an allocation unit is and what it can do."""

    name: str
    accelerator: str
    memory: int
    """GiB that the pool declares for one unit."""
    units_per_node: int
    precisions: frozenset[str]
    mig_profile: str | None = None
    interconnect: str | None = None
    bandwidth: str | None = None

    @property
    def multi_node(self) -> bool:
        """Whether one replica may span nodes."""
        return self.bandwidth is not None

    @property
    def typical_replica(self) -> int:
        """Units of a common replica: one slice, or some GPUs."""
        return 1 if self.mig_profile else 3


_AMPERE: Final = frozenset({"fp16", "bf16", "int8"})
_HOPPER: Final = _AMPERE | {"fp8"}
_80GB: Final = (("1g.10gb", 7, 10), ("1g.20gb", 4, 20), ("2g.20gb", 3, 20), ("3g.40gb", 2, 40), ("7g.80gb", 1, 80))
_141GB: Final = (("1g.18gb", 7, 18), ("1g.35gb", 4, 35), ("2g.35gb", 3, 35), ("3g.71gb", 2, 71), ("7g.141gb", 1, 141))
_BOARDS: Final = (
    # Short name, accelerator type, memory, number formats, and MIG profiles: slices a GPU, nominal memory.
    ("a100", "nvidia-a100-80gb", 80, _AMPERE, _80GB),
    ("h100", "nvidia-h100-80gb", 80, _HOPPER, _80GB),
    ("h200", "nvidia-h200-141gb", 141, _HOPPER, _141GB),
)


def _usable(nominal: int) -> int:
    """Return the memory that a careful team declares: what the driver leaves of the nominal."""
    return nominal * 95 // 100


SLICES: Final = tuple(
    Hardware(
        name=f"{board}-{profile.replace('.', '-')}{'' if memory == nominal else '-usable'}",
        accelerator=accelerator,
        memory=memory,
        units_per_node=GPUS_PER_NODE * per_gpu,
        precisions=precisions,
        mig_profile=profile,
    )
    for board, accelerator, _, precisions, profiles in _BOARDS
    for profile, per_gpu, nominal in profiles
    for memory in (nominal, _usable(nominal))
)

WHOLE_GPUS: Final = tuple(
    Hardware(
        name=f"{board}-{network}",
        accelerator=accelerator,
        memory=memory,
        units_per_node=GPUS_PER_NODE,
        precisions=precisions,
        interconnect=interconnect,
        bandwidth=bandwidth,
    )
    for board, accelerator, memory, precisions, _ in _BOARDS
    for network, interconnect, bandwidth in (
        ("pcie", "pcie", None),
        ("nvlink", "nvlink", None),
        ("ib", "nvlink", "ib-400g"),
    )
)
