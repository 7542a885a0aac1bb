"""Every GPU model that Slicewise knows: the one list that names are looked up in."""

from __future__ import annotations

from typing import Final

from slicewise.mig.gpu_models import GpuModel
from slicewise.mig.other_boards import BOARDS_WITHOUT_MIG, FEW_SLICE_BOARDS
from slicewise.mig.seven_slice_boards import SEVEN_SLICE_BOARDS

ALL_GPU_MODELS: Final[tuple[GpuModel, ...]] = SEVEN_SLICE_BOARDS + FEW_SLICE_BOARDS + BOARDS_WITHOUT_MIG
