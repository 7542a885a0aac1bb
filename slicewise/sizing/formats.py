"""How many bytes a quantised matrix takes in the engine, scales and zero points included."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Format:
    """A number format of weights.

    Attributes:
        name: As people call it: `fp8`, `int4`.
        bits: Bits of one weight.
        group: Weights of one row that share a scale; 0 where no scales go by groups.
        group_bytes: Bytes that each group adds: its scale, and its zero point where it has one.
        group_rows: Rows that share a group's scale: 128 where scales go by blocks.
        row_bytes: Bytes that each row (output) adds.
        column_bytes: Bytes that each column (input) adds: the order of the groups.
    """

    name: str
    bits: int
    group: int = 0
    group_bytes: float = 0
    group_rows: int = 1
    row_bytes: int = 0
    column_bytes: int = 0

    def bytes(self, rows: int, columns: int) -> float:
        """Return the bytes of a matrix."""
        groups = math.ceil(columns / self.group) * math.ceil(rows / self.group_rows) if self.group else 0
        return (
            rows * columns * self.bits / 8
            + groups * self.group_bytes
            + rows * self.row_bytes
            + columns * self.column_bytes
        )

    @property
    def exact(self) -> str:
        """The name with the size of its groups, where it has groups."""
        return f"{self.name}, groups of {self.group}" if self.group and self.group_rows == 1 else self.name


# Scales are float32 (vLLM v0.23, layers/quantization/utils/fp8_utils.py): one a tensor or a row, or one a block.
FP8: Final = Format("fp8", 8)
FP8_ROWS: Final = Format("fp8", 8, row_bytes=4)
INT8_ROWS: Final = Format("int8", 8, row_bytes=4)
# OCP microscaling: 32 weights share one byte of scale. NVIDIA's: 16 share one.
MXFP4: Final = Format("mxfp4", 4, 32, 1)
NVFP4: Final = Format("nvfp4", 4, 16, 1)
MXFP8: Final = Format("mxfp8", 8, 32, 1)


def fp8_blocks(rows: int, columns: int) -> Format:
    """Return FP8 with a scale for each block of `rows` x `columns` (DeepSeek V3: 128 x 128)."""
    return Format("fp8", 8, columns, 4, rows)


def grouped_int(bits: int, group: int, *, zero_points: bool, ordered: bool) -> Format:
    """Return integers with a 16-bit scale a group (GPTQ, AWQ, compressed-tensors).

    Args:
        bits: Bits of a weight.
        group: Weights of a group; 0 for one scale a row.
        zero_points: Whether each group has a zero point beside its scale. vLLM's GPTQ kernels keep the packed zero
            points of the checkpoint also where quantisation is symmetric (v0.23, layers/quantization/gptq_marlin.py).
        ordered: Whether the order of groups is kept: two 32-bit indices a column.
    """
    scale = 2 + (bits / 8 if zero_points else 0)
    columns = 8 if ordered else 0
    if not group:
        return Format(f"int{bits}", bits, row_bytes=math.ceil(scale), column_bytes=columns)
    return Format(f"int{bits}", bits, group, scale, column_bytes=columns)


def without_order(chosen: Format) -> Format:
    """Return the format without indices of columns: layers of experts keep none."""
    return replace(chosen, column_bytes=0)
