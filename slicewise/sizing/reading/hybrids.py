"""Hybrids: layers with a fixed state between layers of attention (Qwen3-Next, Qwen 3.5, Nemotron-H, Granite 4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from slicewise.sizing.architecture import Architecture, Layer, Rotary
from slicewise.sizing.caches import Cache
from slicewise.sizing.layers import (
    DeltaNet,
    Experts,
    Mamba2,
    delta_net,
    experts,
    feed_forward,
    grouped_attention,
    mamba2,
)
from slicewise.sizing.quantization import Quantization
from slicewise.sizing.reading.decoder_parts import (
    FULL,
    LINEAR,
    assembled,
    outside,
    read_heads,
    read_tied,
    rotated_size,
)
from slicewise.sizing.reading.experts import expert_layers
from slicewise.sizing.reading.fields import LAYERS, Fields
from slicewise.sizing.reading.rotary import read_rotary
from slicewise.sizing.tensors import Tensor, linear, norm

_FLOAT32: Final = 4
_HALF: Final = 2
_FULL_EVERY: Final = 4


def read_delta_hybrid(config: Fields, decoder: Fields, quantization: Quantization) -> Architecture:
    """Read Qwen3-Next or Qwen 3.5 (vLLM v0.23, models/qwen3_next.py and qwen3_5.py).

    Raises:
        InvalidInputError: A field is missing, or is not what it must be.
    """
    heads = read_heads(decoder)
    net = DeltaNet(
        hidden=heads.hidden,
        key_heads=decoder.count("linear_num_key_heads"),
        value_heads=decoder.count("linear_num_value_heads"),
        key_size=decoder.count("linear_key_head_dim"),
        value_size=decoder.count("linear_value_head_dim"),
        kernel=decoder.count("linear_conv_kernel_dim"),
        state_bytes=_state_bytes(decoder, "mamba_ssm_dtype"),
    )
    sparse = _qwen_experts(decoder, heads.hidden)
    with_experts = expert_layers(decoder) if sparse else (False,) * decoder.count(LAYERS)
    width = 0 if sparse and all(with_experts) else decoder.count("intermediate_size")
    norms = (norm("input_layernorm", heads.hidden), norm("post_attention_layernorm", heads.hidden))
    gated = decoder.flag("attn_output_gate", default=True)
    bias = decoder.flag("attention_bias")
    attended = (
        *grouped_attention(heads, bias=bias, output_bias=bias, gated=gated),
        norm("self_attn.q_norm", heads.size),
        norm("self_attn.k_norm", heads.size),
    )
    mixers: dict[str, tuple[tuple[Tensor, ...], Cache]] = {
        LINEAR: (delta_net(net), net.cache()),
        FULL: (attended, heads.cache()),
    }
    bodies = {
        True: experts(sparse) if sparse else (),
        False: feed_forward(heads.hidden, width) if width else (),
    }
    each = {
        (kind, has): Layer((*mixer, *norms, *body), cache)
        for kind, (mixer, cache) in mixers.items()
        for has, body in bodies.items()
    }
    tied = read_tied(config, decoder, default=False)
    kinds = _delta_kinds(decoder)
    return assembled(
        decoder,
        [each[kind, has] for kind, has in zip(kinds, with_experts, strict=True)],
        outside(decoder, tied=tied),
        quantization,
        tied=tied,
        feed_forward=max(width, sparse.token_width + sparse.shared if sparse else 0),
        experts_per_token=sparse.per_token if sparse else 0,
        expert_width=sparse.width if sparse else 0,
        rotaries=_rotaries(decoder, rotated_size(decoder, heads.size)),
    )


def _delta_kinds(decoder: Fields) -> tuple[str, ...]:
    layers = decoder.count(LAYERS)
    kinds = decoder.words("layer_types")
    if not kinds:
        step = decoder.count("full_attention_interval", default=_FULL_EVERY)
        return tuple(FULL if (number + 1) % step == 0 else LINEAR for number in range(layers))
    if len(kinds) != layers or not set(kinds) <= {FULL, LINEAR}:
        raise decoder.wrong("layer_types", f"{layers} times {LINEAR} or {FULL}", layers=layers)
    return kinds


def _qwen_experts(decoder: Fields, hidden: int) -> Experts | None:
    count = decoder.maybe_count("num_experts", "num_local_experts")
    if not count:
        return None
    shared = decoder.count("shared_expert_intermediate_size", default=0, least=0)
    return Experts(
        hidden=hidden,
        count=count,
        width=decoder.count("moe_intermediate_size"),
        per_token=decoder.count("num_experts_per_tok"),
        shared=shared,
        shared_gate=shared > 0,
        shared_module="shared_expert",
    )


def _state_bytes(decoder: Fields, name: str) -> int:
    """Return the bytes of a number of the state: 4 where the config says float32, else as the model's own format."""
    return _FLOAT32 if decoder.word(name) == "float32" else _HALF


def _rotaries(decoder: Fields, size: int) -> list[Rotary]:
    positions = decoder.maybe_count("max_position_embeddings")
    return [read_rotary(decoder, size, positions)] if positions else []


# Nemotron-H writes a letter a layer, and newer configs a word.
_LETTERS: Final = {"M": "mamba", "*": "attention", "-": "mlp", "E": "moe"}
# What transformers calls them since 5.
_RENAMED: Final = {LINEAR: "mamba", FULL: "attention"}


def _own_names(kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_RENAMED.get(kind, kind) for kind in kinds)


def read_nemotron_h(config: Fields, decoder: Fields, quantization: Quantization) -> Architecture:
    """Read Nemotron-H, whose every layer is one thing (vLLM v0.23, models/nemotron_h.py).

    Raises:
        InvalidInputError: A field is missing, or is not what it must be.
    """
    heads = read_heads(decoder)
    if decoder.has("attention_head_dim"):
        size = decoder.count("attention_head_dim")
        heads = type(heads)(heads.hidden, heads.queries, heads.keys, size)
    mixer = Mamba2(
        hidden=heads.hidden,
        heads=decoder.count("mamba_num_heads"),
        head_size=decoder.count("mamba_head_dim"),
        groups=decoder.count("n_groups"),
        state=decoder.count("ssm_state_size"),
        kernel=decoder.count("conv_kernel"),
        state_bytes=_state_bytes(decoder, "mamba_ssm_cache_dtype"),
        bias=decoder.flag("mamba_proj_bias", default=decoder.flag("use_bias")),
        convolution_bias=decoder.flag("use_conv_bias", default=True),
        module="mixer",
    )
    kinds = _nemotron_kinds(decoder)
    own_norm = norm("norm", heads.hidden)
    bias, gateless = decoder.flag("attention_bias"), decoder.flag("mlp_bias")
    each = {
        "mamba": Layer((own_norm, *mamba2(mixer)), mixer.cache()),
        "attention": Layer((own_norm, *grouped_attention(heads, bias=bias, output_bias=bias)), heads.cache()),
    }
    width, sparse = 0, None
    if "mlp" in kinds:
        width = decoder.count("intermediate_size")
        each["mlp"] = Layer(
            (own_norm, *feed_forward(heads.hidden, width, gated=False, bias=gateless, module="mixer")), None
        )
    if "moe" in kinds:
        sparse = _nemotron_experts(decoder, heads.hidden)
        each["moe"] = Layer((own_norm, *_nemotron_body(decoder, sparse, heads.hidden)), None)
    tied = read_tied(config, decoder, default=False)
    return assembled(
        decoder,
        [each[kind] for kind in kinds],
        outside(decoder, tied=tied),
        quantization,
        tied=tied,
        feed_forward=max(width, sparse.token_width + sparse.shared if sparse else 0),
        experts_per_token=sparse.per_token if sparse else 0,
        expert_width=sparse.width if sparse else 0,
        rotaries=[],
    )


def _nemotron_kinds(decoder: Fields) -> tuple[str, ...]:
    known = set(_LETTERS.values())
    if decoder.has("layers_block_type"):
        kinds = _own_names(decoder.words("layers_block_type"))
        if not kinds or not set(kinds) <= known:
            raise decoder.wrong("layers_block_type", f"a list of {', '.join(sorted(known))}")
        return kinds
    if not decoder.has("hybrid_override_pattern"):
        raise decoder.missing("hybrid_override_pattern")
    pattern = decoder.word("hybrid_override_pattern")
    if not pattern or not set(pattern) <= _LETTERS.keys() or len(pattern) != decoder.count(LAYERS):
        raise decoder.wrong("hybrid_override_pattern", f"one of {' '.join(_LETTERS)} for each layer")
    return tuple(_LETTERS[letter] for letter in pattern)


def _nemotron_experts(decoder: Fields, hidden: int) -> Experts:
    shared = decoder.count("moe_shared_expert_intermediate_size", default=0, least=0)
    return Experts(
        hidden=decoder.count("moe_latent_size", default=hidden),
        count=decoder.count("n_routed_experts"),
        width=decoder.count("moe_intermediate_size"),
        per_token=decoder.count("num_experts_per_tok"),
        shared=shared * decoder.count("n_shared_experts", default=1, least=0),
        gated=False,
        correction=True,
        module="mixer",
    )


def _nemotron_body(decoder: Fields, sparse: Experts, hidden: int) -> tuple[Tensor, ...]:
    """Return experts, which may be in a smaller space: router and shared expert stay in the model's own."""
    latent = decoder.maybe_count("moe_latent_size")
    if not latent:
        return experts(sparse)
    around = {each.name: each for each in experts(replace(sparse, hidden=hidden)) if ".experts" not in each.name}
    return (
        *linear("mixer.fc1_latent_proj", latent, hidden),
        *linear("mixer.fc2_latent_proj", hidden, latent),
        *(each for each in experts(sparse) if ".experts" in each.name),
        *around.values(),
    )


def read_granite_hybrid(config: Fields, decoder: Fields, quantization: Quantization) -> Architecture:
    """Read Granite 4, with or without experts (vLLM v0.23, models/granitemoehybrid.py).

    Raises:
        InvalidInputError: A field is missing, or is not what it must be.
    """
    heads = read_heads(decoder)
    width = decoder.count("shared_intermediate_size")
    count = decoder.count("num_local_experts", default=0, least=0)
    sparse = None
    body = feed_forward(heads.hidden, width, module="shared_mlp")
    if count:
        sparse = Experts(
            hidden=heads.hidden,
            count=count,
            width=decoder.count("intermediate_size"),
            per_token=decoder.count("num_experts_per_tok"),
            module="block_sparse_moe",
        )
        body = (*body, *experts(sparse))
    expanded = decoder.count("mamba_expand", default=2) * heads.hidden
    mamba_heads = decoder.count("mamba_n_heads", default=128)
    size = expanded // mamba_heads if decoder.is_word("mamba_d_head") else decoder.count("mamba_d_head")
    mixer = Mamba2(
        hidden=heads.hidden,
        heads=mamba_heads,
        head_size=size,
        groups=decoder.count("mamba_n_groups"),
        state=decoder.count("mamba_d_state"),
        kernel=decoder.count("mamba_d_conv"),
        state_bytes=_HALF,
        bias=decoder.flag("mamba_proj_bias"),
        convolution_bias=decoder.flag("mamba_conv_bias", default=True),
    )
    bias = decoder.flag("attention_bias")
    norms = (norm("input_layernorm", heads.hidden), norm("post_attention_layernorm", heads.hidden))
    each = {
        "mamba": Layer((*mamba2(mixer), *norms, *body), mixer.cache()),
        "attention": Layer((*grouped_attention(heads, bias=bias, output_bias=bias), *norms, *body), heads.cache()),
    }
    kinds = _own_names(decoder.words("layer_types") or decoder.words("layers_block_type"))
    if len(kinds) != decoder.count(LAYERS) or not set(kinds) <= each.keys():
        raise decoder.wrong("layer_types", "mamba or attention for each layer")
    tied = read_tied(config, decoder, default=False)
    positioned = decoder.word("position_embedding_type") == "rope"
    return assembled(
        decoder,
        [each[kind] for kind in kinds],
        outside(decoder, tied=tied),
        quantization,
        tied=tied,
        feed_forward=width + (sparse.token_width if sparse else 0),
        experts_per_token=sparse.per_token if sparse else 0,
        expert_width=sparse.width if sparse else 0,
        rotaries=_rotaries(decoder, heads.size) if positioned else [],
    )
