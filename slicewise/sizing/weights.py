"""Bytes of a model's weights on one rank, as vLLM reports them: "Model loading took X GiB"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from slicewise.sizing.allocation import allocated
from slicewise.sizing.architecture import Architecture, Layer, Rotary
from slicewise.sizing.formats import MXFP4
from slicewise.sizing.quantization import Quantization
from slicewise.sizing.tensors import Role, Split, Tensor, round_up

_FLOAT32: Final = 4
# vLLM pads experts in MXFP4 so that its kernels' tiles fit: the expert's width to 128, the hidden size to 256, for the
# Marlin and Triton kernels of GPUs before Blackwell (v0.23, fused_moe/oracle/mxfp4.py; v0.17, quantization/mxfp4.py).
_MXFP4_WIDTH: Final = 128
_MXFP4_HIDDEN: Final = 256
# The layers that vLLM joins in one (`packed_modules_mapping` of its models).
_FUSED: Final = {
    **dict.fromkeys(("q_proj", "k_proj", "v_proj"), "qkv_proj"),
    **dict.fromkeys(("gate_proj", "up_proj"), "gate_up_proj"),
    **dict.fromkeys(("q_a_proj", "kv_a_proj_with_mqa"), "fused_qkv_a_proj"),
    **dict.fromkeys(("in_proj_qkv", "in_proj_z"), "in_proj_qkvz"),
}
# Their two matrices hold the gate and the way up side by side.
_GATE_AND_UP: Final = 2


@dataclass(frozen=True, slots=True)
class Ranks:
    """How many ranks share a model.

    Attributes:
        tensor: Tensor parallel size.
        pipeline: Pipeline parallel size.
    """

    tensor: int = 1
    pipeline: int = 1


def weight_bytes(
    architecture: Architecture,
    quantization: Quantization,
    ranks: Ranks,
    *,
    splits_large: bool = True,
) -> int:
    """Return the bytes of the weights on the rank that holds the most.

    Args:
        architecture: The model.
        quantization: How its weights are held.
        ranks: How many ranks share it.
        splits_large: How the allocator treats large blocks: see `allocated`.
    """
    model = _Weights(architecture, quantization, ranks.tensor, splits_large=splits_large)
    stages = stage_layers(len(architecture.layers), ranks.pipeline)
    kinds = model.kinds(architecture.layers)
    rotary = sum(
        _rotary_bytes(cache, architecture.dtype_bytes, splits_large=splits_large) for cache in architecture.rotaries
    )
    most = 0.0
    for stage, (first, last) in enumerate(stages):
        outside = model.outside(first=stage == 0, last=stage == len(stages) - 1)
        layers = sum(model.layer(kind) * count for kind, count in Counter(kinds[first:last]).items())
        most = max(most, layers + outside + rotary)
    return round(most)


def stage_layers(layers: int, stages: int) -> list[tuple[int, int]]:
    """Return the first layer and the one after the last of every pipeline stage.

    What is left over goes to the last stages but the very last (vLLM v0.23, distributed/utils.py, get_pp_indices).
    """
    each, rest = divmod(layers, stages)
    sizes = [each] * stages
    for number in range(2, rest + 2):
        sizes[-number] += 1
    bounds, start = [], 0
    for size in sizes:
        bounds.append((start, start + size))
        start += size
    return bounds


def _rotary_bytes(cache: Rotary, dtype_bytes: int, *, splits_large: bool) -> float:
    return allocated(cache.positions * cache.size * (cache.number_bytes or dtype_bytes), splits_large=splits_large)


class _Weights:
    """Bytes of layers; equal layers that are held alike are counted once."""

    def __init__(
        self, architecture: Architecture, quantization: Quantization, tensor: int, *, splits_large: bool
    ) -> None:
        self._architecture = architecture
        self._quantization = quantization
        self._ranks = tensor
        self._splits_large = splits_large
        self._by_layer = quantization.by_layer
        self._known: dict[object, float] = {}
        self._examples: dict[object, tuple[int, Layer]] = {}

    def kinds(self, layers: Sequence[Layer]) -> Sequence[object]:
        """Return of each layer what is the same for all that take as many bytes."""
        kinds: list[object] = list(map(id, layers))
        if self._by_layer:
            kinds = [
                (kind, *(patterns.kind_of_layer(number) for patterns in self._by_layer))
                for number, kind in enumerate(kinds)
            ]
        self._examples = dict(zip(kinds, enumerate(layers), strict=True))
        return kinds

    def layer(self, kind: object) -> float:
        """Return the bytes of a layer of a kind."""
        if kind not in self._known:
            number, layer = self._examples[kind]
            self._known[kind] = self._sum(layer, f"layers.{number}.")
        return self._known[kind]

    def outside(self, *, first: bool, last: bool) -> float:
        """Return the bytes outside the layers: embeddings and towers on the first stage, the head on the last."""
        held = list(self._held(first=first, last=last))
        # Towers have many layers of the same tensors.
        counts = Counter(map(id, held))
        return sum(self._alone(tensor) * counts[key] for key, tensor in {id(each): each for each in held}.items())

    def _held(self, *, first: bool, last: bool) -> Iterator[Tensor]:
        for tensor in self._architecture.outside:
            head = tensor.role is Role.HEAD
            embedding = tensor.split is Split.VOCABULARY and not head
            # A tied head is the embedding, which the last stage then holds too.
            if last if head else (first or (last and self._architecture.tied)) if embedding else True:
                yield tensor
        if first:
            yield from self._architecture.towers

    def _alone(self, tensor: Tensor) -> float:
        matrix, scale = self._bytes(tensor, tensor.name)
        return scale + allocated(matrix, splits_large=self._splits_large)

    def _sum(self, layer: Layer, prefix: str) -> float:
        """Return the bytes of a layer's tensors, of which vLLM makes one where they are side by side."""
        scales = 0.0
        fused: dict[tuple[str, int], float] = {}
        for number, tensor in enumerate(layer.tensors):
            matrix, scale = self._bytes(tensor, f"{prefix}{tensor.name}")
            scales += scale
            module, _, last = tensor.name.rpartition(".")
            joined = _FUSED.get(last)
            key = (f"{module}.{joined}", 0) if joined else (tensor.name, number)
            fused[key] = fused.get(key, 0.0) + matrix
        return scales + sum(allocated(size, splits_large=self._splits_large) for size in fused.values())

    def _bytes(self, tensor: Tensor, path: str) -> tuple[float, float]:
        """Return the bytes of a tensor, and those of its scales."""
        rows, columns = tensor.on_rank(self._ranks)
        if tensor.role is Role.FLOAT32:
            return rows * columns * tensor.count * _FLOAT32, 0
        chosen = self._quantization.format_of(tensor, path)
        if chosen is None:
            return rows * columns * tensor.count * self._architecture.dtype_bytes, 0
        if chosen.name == MXFP4.name and tensor.role is Role.EXPERTS:
            rows, columns = _padded(tensor.split, rows, columns)
        matrix = rows * columns * chosen.bits / 8
        return matrix * tensor.count, (chosen.bytes(rows, columns) - matrix) * tensor.count


def _padded(split: Split, rows: int, columns: int) -> tuple[int, int]:
    """Return the sides of an expert's matrix in MXFP4 as vLLM pads them."""
    if split is Split.ROWS:
        return _GATE_AND_UP * round_up(rows // _GATE_AND_UP, _MXFP4_WIDTH), round_up(columns, _MXFP4_HIDDEN)
    return round_up(rows, _MXFP4_HIDDEN), round_up(columns, _MXFP4_WIDTH)
