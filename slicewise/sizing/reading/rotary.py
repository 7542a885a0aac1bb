"""Caches of rotary positions: how many positions vLLM prepares, which may be more than the model has."""

from __future__ import annotations

from typing import Final

from slicewise.sizing.architecture import Rotary
from slicewise.sizing.reading.fields import Fields

# vLLM's mrope keeps four times the positions (v0.23, rotary_embedding/mrope.py).
_MROPE: Final = 4


def read_rotary(fields: Fields, size: int, positions: int) -> Rotary:
    """Return the cache of positions (vLLM v0.23, layers/rotary_embedding).

    Args:
        fields: The fields of the decoder; newer configs have `rope_parameters` for `rope_scaling`.
        size: Numbers of a head that are rotated.
        positions: `max_position_embeddings`.

    Raises:
        InvalidInputError: A field of the scaling is not what it must be.
    """
    return scaled_rotary(_scaling(fields), size, positions)


def scaled_rotary(scaling: Fields, size: int, positions: int) -> Rotary:
    """Return the cache of positions that a mapping with `rope_type` and `factor` asks for."""
    kind = _kind(scaling)
    if kind in ("linear", "dynamic"):
        return Rotary(round(positions * scaling.number("factor", 1)), size)
    if kind in ("yarn", "deepseek_yarn"):
        original = scaling.count("original_max_position_embeddings", default=positions)
        return Rotary(round(original * scaling.number("factor", 1)), size)
    if kind in ("longrope", "su"):
        original = scaling.count("original_max_position_embeddings", default=positions)
        return Rotary(positions + original, size)
    if scaling.has("mrope_section"):
        return Rotary(positions * _MROPE, size)
    return Rotary(positions, size)


# vLLM v0.23, config/model.py, _get_and_verify_max_len: these types stretch nothing beyond `max_position_embeddings`.
_UNSTRETCHED: Final = ("su", "longrope", "llama3")


# v0.23, transformers_utils/model_arch_config_convertor.py: the least of them counts, unless
# there is `model_max_length` (Command-R).
_LENGTHS: Final = (
    "max_position_embeddings",
    "max_seq_len",
    "seq_length",
    "max_sequence_length",
    "max_seq_length",
    "seq_len",
)
_LONG_ROPE: Final = "longrope"


def read_unstated_length(fields: Fields) -> int | None:
    """Return the longest request where the arguments state none: with LongRoPE, that before it was stretched.

    Phi-4 mini serves 4,096 tokens of its 131,072 unless it is told otherwise.

    Raises:
        InvalidInputError: A field is not what it must be.
    """
    original = fields.maybe_count("original_max_position_embeddings")
    return original if original and _kind(_scaling(fields)) == _LONG_ROPE else read_longest(fields)


def read_longest(fields: Fields) -> int | None:
    """Return the longest context that vLLM derives from the config; None where the config says none.

    Raises:
        InvalidInputError: A field of the scaling is not what it must be.
    """
    said = [fields.maybe_count(name) for name in _LENGTHS]
    positions = fields.maybe_count("model_max_length") or min((length for length in said if length), default=None)
    if positions is None or "gemma" in fields.word("model_type"):
        return positions
    scaling = _scaling(fields)
    kind = _kind(scaling)
    if kind in _UNSTRETCHED:
        return positions
    if kind == "yarn":
        positions = scaling.count("original_max_position_embeddings", default=positions)
    return round(positions * scaling.number("factor", 1))


def _scaling(fields: Fields) -> Fields:
    """Return the scaling; newer configs have `rope_parameters` for `rope_scaling`."""
    return fields.below("rope_parameters" if fields.has("rope_parameters") else "rope_scaling")


def _kind(scaling: Fields) -> str:
    return scaling.word("rope_type") or scaling.word("type")
