"""What the readers of all decoders share: heads, windows, embeddings, and the architecture around the layers."""

from __future__ import annotations

from collections.abc import Sequence

from slicewise.sizing.architecture import Architecture, Layer, Rotary
from slicewise.sizing.layers import Heads
from slicewise.sizing.quantization import Quantization
from slicewise.sizing.reading.fields import LAYERS, Fields
from slicewise.sizing.reading.rotary import read_longest, read_rotary, read_unstated_length
from slicewise.sizing.tensors import Role, Split, Tensor, norm

SLIDING, FULL, CHUNKED, LINEAR = "sliding_attention", "full_attention", "chunked_attention", "linear_attention"


def read_heads(fields: Fields) -> Heads:
    """Read the heads of grouped-query attention."""
    hidden = fields.count("hidden_size")
    queries = fields.count("num_attention_heads")
    keys = fields.count("num_key_value_heads", default=queries)
    size = fields.count("head_dim", default=max(hidden // queries, 1))
    return Heads(hidden, queries, keys, size)


def read_window(fields: Fields) -> int | None:
    """Return the sliding window of all layers; None where there is none, or it is switched off."""
    if not fields.flag("use_sliding_window", default=True):
        return None
    return fields.maybe_count("sliding_window")


def layer_kinds(fields: Fields, known: Sequence[str], *, pattern: int = 0) -> tuple[str, ...]:
    """Return the kind of every layer.

    Args:
        fields: The fields of the decoder.
        known: The kinds that `layer_types` may have.
        pattern: Where the config has no `layer_types`: every so many-th layer is full, the others slide. 0: all full.

    Raises:
        InvalidInputError: `layer_types` has another length than the model, or an unknown kind.
    """
    layers = fields.count(LAYERS)
    kinds = fields.words("layer_types")
    if not kinds:
        return tuple(FULL if not pattern or (number + 1) % pattern == 0 else SLIDING for number in range(layers))
    if len(kinds) != layers or not set(kinds) <= set(known):
        raise fields.wrong("layer_types", f"{layers} times one of {', '.join(known)}", layers=layers)
    return kinds


def rotated_size(fields: Fields, size: int) -> int:
    """Return how many numbers of a head are rotated (`partial_rotary_factor`)."""
    inner = fields.below("rope_parameters")
    factor = inner.number("partial_rotary_factor", fields.number("partial_rotary_factor", 1))
    return round(size * factor)


def outside(fields: Fields, *, tied: bool, bias: bool = False, head_bias: bool = False) -> tuple[Tensor, ...]:
    """Return embedding, head and last norm.

    Args:
        fields: The fields of the decoder.
        tied: Whether the head is the embedding.
        bias: Whether the norm has a bias.
        head_bias: Whether the head has one.
    """
    vocabulary, hidden = fields.count("vocab_size"), fields.count("hidden_size")
    tensors = [
        Tensor("embed_tokens", vocabulary, hidden, Role.PLAIN, Split.VOCABULARY),
        norm("norm", hidden, bias=bias),
    ]
    if not tied:
        tensors.append(Tensor("lm_head", vocabulary, hidden, Role.HEAD, Split.VOCABULARY))
    if head_bias:
        tensors.append(Tensor("lm_head.bias", vocabulary, 1, Role.PLAIN, Split.NONE))
    return tuple(tensors)


def read_tied(config: Fields, decoder: Fields, *, default: bool) -> bool:
    """Return whether the head is the embedding: as the model says, else as the decoder does, else by its class.

    With transformers 5 vLLM gives decoders inside what the model around them says (v0.23, config/vllm.py).
    """
    return config.flag("tie_word_embeddings", default=decoder.flag("tie_word_embeddings", default=default))


def assembled(  # noqa: PLR0913 - the parts of a model
    decoder: Fields,
    layers: Sequence[Layer],
    around: Sequence[Tensor],
    quantization: Quantization,
    *,
    tied: bool,
    feed_forward: int,
    experts_per_token: int = 0,
    expert_width: int = 0,
    rotaries: Sequence[Rotary] | None = None,
    head_size: int = 0,
) -> Architecture:
    """Return the architecture of a text model.

    Args:
        decoder: The fields of the decoder.
        layers: Its layers.
        around: Its weights outside the layers.
        quantization: How they are held.
        tied: Whether the head is the embedding.
        feed_forward: The widest feed-forward of one token.
        experts_per_token: Experts that one token takes; 0 where dense.
        expert_width: Width of one expert.
        rotaries: Caches of positions; read from the config where left out.
        head_size: Numbers of a head that are rotated, where they are read.
    """
    hidden = decoder.count("hidden_size")
    positions = decoder.maybe_count("max_position_embeddings")
    if rotaries is None:
        rotaries = [read_rotary(decoder, rotated_size(decoder, head_size), positions)] if positions else []
    return Architecture(
        model_type=decoder.word("model_type"),
        dtype_bytes=2,
        hidden_size=hidden,
        vocabulary=decoder.count("vocab_size"),
        longest=read_longest(decoder),
        unstated_length=read_unstated_length(decoder),
        layers=tuple(layers),
        outside=tuple(around),
        tied=tied,
        rotaries=tuple(rotaries),
        feed_forward=feed_forward,
        quantization=quantization,
        expert_hidden=experts_per_token * hidden,
        expert_width=experts_per_token * expert_width,
    )
