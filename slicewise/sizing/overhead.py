"""What vLLM's budget must hold beside weights and key-value cache, as an envelope: low and high.

Most of it is the sampler's: for every request of a batch it holds logits in 16 and in 32 bits, probabilities, and the
noise that it draws from, so that requests x vocabulary decides and not the model's size. The parts and their constants
were compared with public startup logs of vLLM 0.17 to 0.27 (docs/sizing.md has the table); a part that logs do not
show by itself is given the width that they leave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from slicewise.sizing.architecture import Architecture, Images
from slicewise.sizing.tensors import VOCABULARY_PADDING, round_up
from slicewise.sizing.vllm_versions import VllmVersion

GIB: Final = 1 << 30
_FLOAT32: Final = 4
# Copies of the logits while vLLM profiles (v0.23, v1/sample): 16 bits, 32 bits, probabilities, noise.
_COPIES: Final = 3.5
# Model runner V2 holds fewer (v0.26, v1/worker/gpu/sample); a log of 0.27 has 1.7.
_COPIES_V2: Final = 1.2
# The Triton kernel for top-k and top-p has a row of the vocabulary for each program, at most one a multiprocessor.
_PROGRAMS: Final = 132
# Of the batch, the sampler's peak has the hidden states; a forward pass has four of them beside the feed-forward.
_STATES_SAMPLING: Final = 1.12
_STATES_FORWARD: Final = 4.25
_WORKSPACE: Final = 0.05 * GIB
_FEED_FORWARD_COPIES: Final = 3
# Of what a forward pass could take at once, compilation reuses up to this part.
_REUSED: Final = 0.6
_ERROR: Final = 1.04
# A cold `torch.compile` counts as activation (vLLM #54122).
_COMPILATION: Final = 0.5 * GIB

_NON_TORCH: Final = (0.02, 0.8)
_NON_TORCH_COUNTED: Final = (0.02, 1.0)
# NCCL's buffers and those of all-reduce.
_NON_TORCH_RANKS: Final = (0.05, 2.4)
_ENCODER: Final = {Images.NONE: 0.0, Images.FIXED: 1.0, Images.ANY_RESOLUTION: 3.0}
# Tokens of the largest image of Qwen's; vLLM profiles as many of them as a batch holds (a log of 0.23: 4 in 65,536).
_LARGEST_IMAGE: Final = 16_384
# Captured sizes end at this (v0.23, config/compilation.py); sizes of a decode batch go to twice the requests.
_LARGEST_CAPTURE: Final = 512


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes that are known between two ends.

    Attributes:
        low: At least this.
        high: At most this.
    """

    low: float
    high: float

    def plus(self, other: Range) -> Range:
        """Return the range of the sum."""
        return Range(self.low + other.low, self.high + other.high)


@dataclass(frozen=True, slots=True)
class Batch:
    """The sizes of a batch.

    Attributes:
        sequences: `max_num_seqs`.
        tokens: `max_num_batched_tokens`.
    """

    sequences: int
    tokens: int


@dataclass(frozen=True, slots=True)
class EngineTraits:
    """What the overhead goes by beside model and batch.

    Attributes:
        version: vLLM's version.
        tensor: Tensor parallel size.
        ranks: All ranks of a replica.
        eager: Whether no CUDA graphs are captured.
        quantized: Whether weights are quantised.
    """

    version: VllmVersion
    tensor: int
    ranks: int
    eager: bool
    quantized: bool


def logits_bytes(architecture: Architecture, batch: Batch) -> int:
    """Return the bytes of one copy of a batch's logits in 32 bits."""
    return batch.sequences * round_up(architecture.vocabulary, VOCABULARY_PADDING) * _FLOAT32


def overhead(architecture: Architecture, batch: Batch, engine: EngineTraits) -> Range:
    """Return what the budget must hold beside weights and cache: with CUDA graphs from vLLM 0.20, before without."""
    total = _activation(architecture, batch, engine).plus(_non_torch(engine))
    total = total.plus(Range(0, _encoder(architecture, batch)))
    if engine.version.counts_graphs:
        total = total.plus(graphs(architecture, batch, engine))
    return total


def _encoder(architecture: Architecture, batch: Batch) -> float:
    """Return the most that encoding images may take: as many as a batch holds, at least the largest one."""
    images = max(batch.tokens / _LARGEST_IMAGE, 1) if architecture.images is Images.ANY_RESOLUTION else 1
    return _ENCODER[architecture.images] * images * GIB


def _activation(architecture: Architecture, batch: Batch, engine: EngineTraits) -> Range:
    """Return the peak of the profile run: of its sampler, or of its forward pass."""
    logits = logits_bytes(architecture, batch)
    states = batch.tokens * architecture.hidden_size * architecture.dtype_bytes
    programs = logits / batch.sequences * min(batch.sequences, _PROGRAMS)
    sampler = _COPIES * logits + programs + _STATES_SAMPLING * states + _WORKSPACE
    inner = batch.tokens * architecture.feed_forward / engine.tensor * architecture.dtype_bytes
    forward = _FEED_FORWARD_COPIES * inner + _STATES_FORWARD * states
    experts = batch.tokens * architecture.dtype_bytes * _expert_workspace(architecture, engine.tensor)
    copies = _COPIES_V2 if _runs_v2(architecture, engine) else _COPIES
    low = max(copies * logits, _REUSED * (_FEED_FORWARD_COPIES * inner + 2 * states))
    return Range(low, _ERROR * (max(sampler, forward) + experts) + _COMPILATION)


def _expert_workspace(architecture: Architecture, tensor: int) -> float:
    """Return the numbers a token of the buffers that layers of experts keep (v0.23, fused_moe/fused_moe.py)."""
    width = architecture.expert_width / tensor
    return max(2 * width, architecture.expert_hidden) + width


_V2_FIRST: Final = VllmVersion(0, 23)
_V2_EVERYWHERE: Final = VllmVersion(0, 24)
_V2_TYPES: Final = ("llama", "mistral", "qwen3")


def _runs_v2(architecture: Architecture, engine: EngineTraits) -> bool:
    """Whether model runner V2 may run the model: in 0.23 three dense types, then more and more (config/vllm.py)."""
    if engine.version >= _V2_EVERYWHERE:
        return True
    return engine.version == _V2_FIRST and not engine.quantized and architecture.model_type in _V2_TYPES


def _non_torch(engine: EngineTraits) -> Range:
    if engine.ranks > 1:
        low, high = _NON_TORCH_RANKS
    else:
        low, high = _NON_TORCH_COUNTED if engine.version.counts_graphs else _NON_TORCH
    return Range(low * GIB, high * GIB)


def graphs(architecture: Architecture, batch: Batch, engine: EngineTraits) -> Range:
    """Return what CUDA graphs take: more for more layers, and for more sizes of batches."""
    if engine.eager:
        return Range(0, 0)
    captured = min(2 * batch.sequences, _LARGEST_CAPTURE)
    share = (captured / _LARGEST_CAPTURE) ** 0.5
    experts = 1.0 if architecture.experts else 0.0
    high = 0.5 + 0.025 * len(architecture.layers) * share + experts
    return Range((0.05 + 0.0005 * captured) * GIB, high * GIB)
