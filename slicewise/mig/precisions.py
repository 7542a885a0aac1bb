"""The number formats that GPUs compute in by themselves, by architecture.

Source: the peak rates of tensor cores and of CUDA cores in NVIDIA's data sheets and architecture white papers. A format
without a rate of its own is left out, though software may unpack it into another: INT4 on Hopper and on B200.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_PASCAL: Final = ("fp32",)
_VOLTA: Final = ("fp32", "fp16")
_TURING: Final = ("fp32", "fp16", "int8", "int4")
_AMPERE: Final = ("fp32", "fp16", "bf16", "int8", "int4")
_ADA: Final = ("fp32", "fp16", "bf16", "fp8", "int8", "int4")
_HOPPER: Final = ("fp32", "fp16", "bf16", "fp8", "int8")
_BLACKWELL: Final = ("fp32", "fp16", "bf16", "fp8", "fp4", "int8")

# The catalogue's short name up to its first dash -> what it computes in; where boards of one word differ, all of it.
_BY_NAME: Final[Mapping[str, tuple[str, ...]]] = {
    "k80": _PASCAL,
    "p4": (*_PASCAL, "int8"),
    "p100": (*_PASCAL, "fp16"),
    "v100": _VOLTA,
    "t4": _TURING,
    **dict.fromkeys(("a2", "a10", "a10g", "a16", "a30", "a40", "a100", "rtx-a6000"), _AMPERE),
    **dict.fromkeys(("l4", "l40", "l40s", "rtx-6000-ada"), _ADA),
    **dict.fromkeys(("h20", "h100", "h200", "gh200"), _HOPPER),
    **dict.fromkeys(("b200", "gb200", "b300", "gb300", "thor"), _BLACKWELL),
    **dict.fromkeys(("rtx-pro-4500", "rtx-pro-5000", "rtx-pro-6000"), _BLACKWELL),
}


def computed_precisions(model: str) -> tuple[str, ...]:
    """Return the number formats of a GPU model of the catalogue (`h100-80gb`); empty where it is not in the table."""
    return _BY_NAME.get(model) or _BY_NAME.get(model.partition("-")[0], ())
