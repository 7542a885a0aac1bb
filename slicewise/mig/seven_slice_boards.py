"""GPU models with seven compute and eight memory slices: A100 to GB300.

They share one geometry, so a row holds only the numbers in the names and the measured memory, for one, two, four and
all eight memory slices, in MiB. Names are those of the NVIDIA MIG User Guide (supported MIG profiles) and mig-parted
v0.15 (config-default.yaml) where a row gives no other source; memory is what `nvidia-smi mig -lgip` was seen to print,
of which GPU feature discovery's labels have the whole number of MiB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slicewise.mig.gpu_models import GpuModel, MeasuredMemory, mig_profile

if TYPE_CHECKING:
    from slicewise.mig.profiles import MigProfile

# (compute, suffix, which of a row's four memory sizes, instances a GPU): MIG User Guide, the same on all its tables.
# The last are the memory slices at which one may begin: `nvidia-smi mig -lgipp` there, for A100, H100, B200 and GB300.
_GEOMETRY: Final = (
    ("1g", "", 0, 7, (0, 1, 2, 3, 4, 5, 6)),
    ("1g", "+me", 0, 1, (0, 1, 2, 3, 4, 5, 6)),
    ("1g", "", 1, 4, (0, 2, 4, 6)),
    ("2g", "", 1, 3, (0, 2, 4)),
    ("3g", "", 2, 2, (0, 4)),
    ("4g", "", 2, 1, (0,)),
    ("7g", "", 3, 1, (0,)),
)
# How many of the eight memory slices each of the four sizes is.
_EIGHTHS: Final = (1, 2, 4, 8)
_UNMEASURED: Final = (None, None, None, None)


def _sliced(
    nominal: tuple[int, int, int, int],
    usable: tuple[MeasuredMemory, MeasuredMemory, MeasuredMemory, MeasuredMemory] = _UNMEASURED,
) -> tuple[MigProfile, ...]:
    """Return the profiles of a board from the memory of 1/8, 2/8, 4/8 and 8/8 of it: in GB as in names, and in MiB."""
    return tuple(
        mig_profile(f"{compute}.{nominal[share]}gb{suffix}", per_gpu, usable[share], (_EIGHTHS[share], starts))
        for compute, suffix, share, per_gpu, starts in _GEOMETRY
    )


def _either(first: tuple[MigProfile, ...], second: tuple[MigProfile, ...]) -> tuple[MigProfile, ...]:
    """Join the names that two generations of driver or board give to the same slices."""
    return first + tuple(profile for profile in second if profile not in first)


SEVEN_SLICE_BOARDS: Final = (
    # A100-SXM4-40GB in the MIG User Guide. GKE calls this board nvidia-tesla-a100.
    GpuModel(
        "a100-40gb",
        40,
        _sliced((5, 10, 20, 40), (4864, 9856, 19968, 40192)),
        ("tesla-a100", "a800-40gb", "a800-40gb-active"),
    ),
    # A100-SXM4-80GB in the MIG User Guide.
    GpuModel("a100-80gb", 80, _sliced((10, 20, 40, 80), (9728, 19968, 40192, 80896)), ("a800-80gb",)),
    # H100 SXM5 64GB: names from NVIDIA's vGPU types page.
    GpuModel("h100-64gb", 64, _sliced((8, 16, 32, 64))),
    # H100 80GB (PCIe and SXM5) in the MIG User Guide. NVML names the PCIe board without its memory.
    GpuModel(
        "h100-80gb",
        80,
        _sliced((10, 20, 40, 80), (9984, 20096, 40448, 81152)),
        ("h100-mega-80gb", "h100-pcie", "h800-80gb", "h800-pcie"),
    ),
    # H100 94GB (NVL and SXM5) in the MIG User Guide. Two driver generations differ.
    GpuModel(
        "h100-94gb",
        94,
        _sliced((12, 24, 47, 94), ((10880, 11008), (22016, 22144), (47232, 47488), (94848, 95360))),
        ("h100-nvl", "h100-nvl-94gb", "h800-94gb", "h800-nvl", "h800-nvl-94gb"),
    ),
    # H100 96GB (H100 on GH200) in the MIG User Guide. NVML's "GH200 480GB" counts the CPU's memory.
    GpuModel(
        "gh200-96gb",
        96,
        _sliced((12, 24, 48, 96), (11264, 23552, 47616, 95232)),
        ("h100-96gb", "gh200-480gb"),
    ),
    # H20 96GB: mig-parted's H100-96GB group; names also on NVIDIA's vGPU types page.
    GpuModel("h20-96gb", 96, _sliced((12, 24, 48, 96))),
    # H20 141GB (NVML: H20-3e): names from NVIDIA's vGPU types page; mig-parted has no entry for it.
    GpuModel("h20-141gb", 141, _sliced((18, 35, 71, 141)), ("h20-3e",)),
    # GH200 144GB HBM3e: mig-parted, which writes the board's size as 144G.
    GpuModel("gh200-144gb", 144, _sliced((18, 36, 72, 144), (17920, 36096, None, None)), ("gh200-144g",)),
    # H200 141GB in the MIG User Guide. Drivers print 32.25 or 32.50 GiB for two eighths, 139.75 or 140.00 for all.
    GpuModel("h200", 141, _sliced((18, 35, 71, 141), (16384, (33024, 33280), 71168, (143104, 143360))), ("h200-nvl",)),
    # B200 180GB in the MIG User Guide. Drivers print 20.50 or 22.00 GiB for an eighth.
    GpuModel("b200", 180, _sliced((23, 45, 90, 180), ((20992, 22528), 45312, 91136, 182784))),
    # GB200: mig-parted lists boards that report 186 and boards that report 189; no name or label tells them apart.
    GpuModel(
        "gb200",
        189,
        _either(
            _sliced((23, 47, 93, 186), (22528, 46592, None, None)),
            _sliced((24, 47, 95, 189), (20480, 46592, None, None)),
        ),
        ("gb200-186gb",),
    ),
    # B300 269GB: mig-parted.
    GpuModel("b300", 269, _sliced((34, 67, 135, 269)), ("b300-sxm6-ac",)),
    # GB300 by driver, NVIDIA dgx-spark-playbooks: 59x says 278; 61x says 251, its 63 by k8s-device-plugin's rule.
    GpuModel("gb300", 278, _either(_sliced((35, 70, 139, 278)), _sliced((31, 63, 126, 251))), ("gb300-251gb",)),
)
