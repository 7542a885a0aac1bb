"""What NVIDIA's DRA driver reads of a board: MIG profiles, their engines, and where the driver may place an instance.

Sources: `nvidia-smi mig -lgip` and `-lgipp` (MIG User Guide; memory as in `toolchain/nvidia/boards.go`); of the A100
the engines in go-nvml's mock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Names of the engines in capacities, in the order of the numbers below.
ENGINES: Final = ("multiprocessors", "copyEngines", "decoders", "encoders", "jpegEngines", "ofaEngines")


@dataclass(frozen=True)
class DraProfile:
    """A MIG profile.

    Attributes:
        name: The driver's spelling.
        number: The number of the GPU instance profile, as `nvidia-smi mig -lgip` prints it.
        memory_mib: MiB of an instance.
        engines: How many of each of `ENGINES` an instance has.
        size: Memory slices that it covers.
        starts: Memory slices that it may begin at.
    """

    name: str
    number: int
    memory_mib: int
    engines: tuple[int, ...]
    size: int
    starts: tuple[int, ...]


@dataclass(frozen=True)
class DraBoard:
    """A board.

    Attributes:
        product: Its name (NVML).
        brand: Its brand (NVML).
        architecture: Its architecture (NVML).
        capability: Its CUDA compute capability, as a semantic version.
        memory_mib: MiB of a whole GPU.
        profiles: Its MIG profiles.
        toggles_mig: Whether MIG mode changes without a reset of the GPU (from Hopper on).
    """

    product: str
    brand: str
    architecture: str
    capability: str
    memory_mib: int
    profiles: tuple[DraProfile, ...]
    toggles_mig: bool

    def profile(self, name: str) -> DraProfile:
        """Return the profile called `name`."""
        return next(each for each in self.profiles if each.name == name)


# Number, suffix, which of a board's four sizes, memory slices, starts.
_SEVEN: Final = (
    ("1g", "", 19, 0, 1, (0, 1, 2, 3, 4, 5, 6)),
    ("1g", "+me", 20, 0, 1, (0, 1, 2, 3, 4, 5, 6)),
    ("1g", "", 15, 1, 2, (0, 2, 4, 6)),
    ("2g", "", 14, 1, 2, (0, 2, 4)),
    ("3g", "", 9, 2, 4, (0, 4)),
    ("4g", "", 5, 2, 4, (0,)),
    ("7g", "", 0, 3, 8, (0,)),
)
# Of these seven, on Hopper and on the A100.
_HOPPER: Final = (
    (16, 1, 1, 0, 1, 0),
    (16, 1, 1, 0, 1, 1),
    (26, 1, 1, 0, 1, 0),
    (32, 2, 2, 0, 2, 0),
    (60, 3, 3, 0, 3, 0),
    (64, 4, 4, 0, 4, 0),
    (132, 8, 7, 0, 7, 1),
)
_AMPERE: Final = (
    (14, 1, 0, 0, 0, 0),
    (14, 1, 1, 0, 1, 1),
    (14, 1, 1, 0, 0, 0),
    (28, 2, 1, 0, 0, 0),
    (42, 3, 2, 0, 0, 0),
    (56, 4, 2, 0, 0, 0),
    (98, 7, 5, 0, 1, 1),
)


def _seven(
    engines: tuple[tuple[int, ...], ...], names: tuple[int, int, int, int], mib: tuple[int, int, int, int]
) -> tuple[DraProfile, ...]:
    """Return seven profiles from the GB in their names, and MiB, of one, two, four and eight eighths of a board."""
    return tuple(
        DraProfile(f"{compute}.{names[share]}gb{suffix}", number, mib[share], own, size, starts)
        for (compute, suffix, number, share, size, starts), own in zip(_SEVEN, engines, strict=True)
    )


_A30: Final = (
    DraProfile("1g.6gb", 14, 5952, (14, 1, 0, 0, 0, 0), 1, (0, 1, 2, 3)),
    DraProfile("1g.6gb+me", 21, 5952, (14, 1, 1, 0, 1, 1), 1, (0, 1, 2, 3)),
    DraProfile("2g.12gb", 5, 11968, (28, 2, 2, 0, 0, 0), 2, (0, 2)),
    DraProfile("2g.12gb+me", 6, 11968, (28, 2, 2, 0, 1, 1), 2, (0, 2)),
    DraProfile("4g.24gb", 0, 24000, (56, 4, 4, 0, 1, 1), 4, (0,)),
)
_RTX_PRO: Final = (
    DraProfile("1g.24gb", 14, 24192, (46, 1, 1, 1, 1, 0), 3, (0, 3, 6, 9)),
    DraProfile("1g.24gb+me", 21, 24192, (46, 1, 1, 1, 1, 1), 3, (0, 3, 6, 9)),
    DraProfile("1g.24gb+gfx", 47, 24192, (46, 1, 1, 1, 1, 0), 3, (0, 3, 6, 9)),
    DraProfile("1g.24gb+me.all", 65, 24192, (46, 1, 4, 4, 4, 1), 3, (0, 3, 6, 9)),
    DraProfile("1g.24gb-me", 67, 24192, (46, 1, 0, 0, 0, 0), 3, (0, 3, 6, 9)),
    DraProfile("2g.48gb", 5, 48512, (94, 2, 2, 2, 2, 0), 6, (0, 6)),
    DraProfile("2g.48gb+gfx", 35, 48512, (94, 2, 2, 2, 2, 0), 6, (0, 6)),
    DraProfile("2g.48gb+me.all", 64, 48512, (94, 2, 4, 4, 4, 1), 6, (0, 6)),
    DraProfile("2g.48gb-me", 66, 48512, (94, 2, 0, 0, 0, 0), 6, (0, 6)),
    DraProfile("4g.96gb", 0, 97280, (188, 4, 4, 4, 4, 1), 12, (0,)),
    DraProfile("4g.96gb+gfx", 32, 97280, (188, 4, 4, 4, 4, 1), 12, (0,)),
)

DRA_BOARDS: Final = {
    "a30": DraBoard("NVIDIA A30", "Nvidia", "Ampere", "8.0.0", 24576, _A30, toggles_mig=False),
    "a100-40gb": DraBoard(
        "NVIDIA A100-SXM4-40GB",
        *("Nvidia", "Ampere", "8.0.0", 40960),
        _seven(_AMPERE, (5, 10, 20, 40), (4864, 9856, 19968, 40192)),
        toggles_mig=False,
    ),
    "a100-80gb": DraBoard(
        "NVIDIA A100-SXM4-80GB",
        *("Nvidia", "Ampere", "8.0.0", 81920),
        _seven(_AMPERE, (10, 20, 40, 80), (9728, 19968, 40192, 80896)),
        toggles_mig=False,
    ),
    "h100-80gb": DraBoard(
        "NVIDIA H100 80GB HBM3",
        *("Nvidia", "Hopper", "9.0.0", 81559),
        _seven(_HOPPER, (10, 20, 40, 80), (9984, 20096, 40448, 81152)),
        toggles_mig=True,
    ),
    "h200": DraBoard(
        "NVIDIA H200",
        *("Nvidia", "Hopper", "9.0.0", 143771),
        _seven(_HOPPER, (18, 35, 71, 141), (16384, 33024, 71168, 143104)),
        toggles_mig=True,
    ),
    "rtx-pro-6000": DraBoard(
        "NVIDIA RTX PRO 6000 Blackwell Server Edition",
        *("NvidiaRTX", "Blackwell", "12.0.0", 97887),
        _RTX_PRO,
        toggles_mig=True,
    ),
    "l40s": DraBoard("NVIDIA L40S", "Nvidia", "Ada Lovelace", "8.9.0", 46068, (), toggles_mig=False),
}
"""By the names that the catalogue gives them."""
