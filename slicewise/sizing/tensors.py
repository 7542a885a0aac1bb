"""What a model's weights are made of: tensors by their shapes, and how tensor parallelism splits them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

# vLLM pads the vocabulary's rows to this (v0.23, model_executor/layers/vocab_parallel_embedding.py).
VOCABULARY_PADDING: Final = 64


class Role(Enum):
    """What a tensor is, which decides in which number format the engine holds it."""

    LINEAR = auto()
    """The matrix of a linear layer: quantisation applies, unless the model's config excludes it."""
    EXPERTS = auto()
    """The same matrix of every expert, held as one tensor."""
    HEAD = auto()
    """The output head: quantised only where the config names it."""
    PLAIN = auto()
    """Embeddings, norms, biases and routers, always in the model's own format."""
    FLOAT32 = auto()
    """What vLLM holds in 32 bits whatever the model's format is: states' decay, correction biases."""


class Split(Enum):
    """How tensor parallelism divides a tensor over the ranks."""

    ROWS = auto()
    """By its outputs (vLLM's column-parallel layers)."""
    COLUMNS = auto()
    """By its inputs (vLLM's row-parallel layers)."""
    VOCABULARY = auto()
    """By the padded rows of the vocabulary."""
    NONE = auto()
    """Every rank holds all of it."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One weight tensor, or several of one shape.

    Attributes:
        name: Its module, as in the checkpoint, below its layer: `self_attn.q_proj`.
        rows: Outputs.
        columns: Inputs; 1 for vectors.
        role: Which number format it is held in.
        split: How ranks share it.
        count: How many of this shape: the experts of a layer.
        units: What a split by rows cannot divide further: the key and value heads. Where ranks are more, each
            holds one, so heads are copied.
    """

    name: str
    rows: int
    columns: int = 1
    role: Role = Role.LINEAR
    split: Split = Split.ROWS
    count: int = 1
    units: int = 0

    def on_rank(self, ranks: int) -> tuple[int, int]:
        """Return the rows and columns that one of `ranks` tensor-parallel ranks holds."""
        if self.split is Split.VOCABULARY:
            return math.ceil(round_up(self.rows, VOCABULARY_PADDING) / ranks), self.columns
        if ranks == 1 or self.split is Split.NONE:
            return self.rows, self.columns
        if self.split is Split.COLUMNS:
            return self.rows, math.ceil(self.columns / ranks)
        if self.units:
            return max(math.ceil(self.units / ranks), 1) * (self.rows // self.units), self.columns
        return math.ceil(self.rows / ranks), self.columns


def round_up(number: int, multiple: int) -> int:
    """Return the least multiple that is not below `number`."""
    return -(-number // multiple) * multiple


def linear(name: str, rows: int, columns: int, split: Split = Split.ROWS, *, bias: bool = False) -> tuple[Tensor, ...]:
    """Return a linear layer: its matrix, and its bias where it has one."""
    matrix = Tensor(name, rows, columns, Role.LINEAR, split)
    if not bias:
        return (matrix,)
    return matrix, Tensor(f"{name}.bias", rows, 1, Role.PLAIN, split if split is Split.ROWS else Split.NONE)


def unquantised(name: str, rows: int, columns: int = 1, split: Split = Split.NONE) -> Tensor:
    """Return a tensor that is never quantised: a router, a convolution, a projector without a quantisation config."""
    return Tensor(name, rows, columns, Role.PLAIN, split)


def norm(name: str, width: int, *, bias: bool = False) -> Tensor:
    """Return a normalisation's weight, with its bias where it has one."""
    return Tensor(name, width, 2 if bias else 1, Role.PLAIN, Split.NONE)
