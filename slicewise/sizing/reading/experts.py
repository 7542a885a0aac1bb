"""Models with experts: which layers have them, how many, and what every token takes beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from slicewise.sizing.architecture import Architecture, Layer
from slicewise.sizing.layers import Experts, Heads, experts, feed_forward
from slicewise.sizing.quantization import Quantization
from slicewise.sizing.reading.decoder_parts import assembled, outside, read_heads, read_tied, read_window
from slicewise.sizing.reading.dense import Traits, attention_layer
from slicewise.sizing.reading.fields import LAYERS, Fields


@dataclass(frozen=True, slots=True)
class ExpertTraits:
    """How a model with experts names what it has.

    Attributes:
        attention: What its attention and norms are like.
        count: The field with the number of experts.
        width: The field with the width of one.
        per_token: The field with the experts a token.
        shared_width: The field with the width of what all tokens take; empty for none.
        shared_count: The field with how many such experts there are, each as wide as the others; empty for none.
        shared_gate: Whether these have a gate.
        shared_module: What they are called in the checkpoint.
        correction: Whether the router has a correction bias.
        module: What the layer is called in the checkpoint.
    """

    attention: Traits = field(default_factory=Traits)
    count: str = "num_experts"
    width: str = "moe_intermediate_size"
    per_token: str = "num_experts_per_tok"  # noqa: S105 - a field of the config
    shared_width: str = ""
    shared_count: str = ""
    shared_gate: bool = False
    shared_module: str = "shared_experts"
    correction: bool = False
    module: str = "mlp"


_DENSE, _SPARSE = "dense", "sparse"
_BIAS: Final = "attention_bias"
_MIXTRAL: Final = ExpertTraits(Traits(), "num_local_experts", "intermediate_size", module="block_sparse_moe")
_DEEPSEEK: Final = ExpertTraits(count="n_routed_experts", shared_count="n_shared_experts")

# From the files of vLLM v0.23, model_executor/models, that its registry names for each.
EXPERT_TRAITS: Final = {
    "mixtral": _MIXTRAL,
    "minimax_m2": ExpertTraits(
        Traits(query_norm="all"), "num_local_experts", "intermediate_size", correction=True, module="block_sparse_moe"
    ),
    "granitemoe": ExpertTraits(
        Traits(bias=_BIAS, output_bias=_BIAS), "num_local_experts", "intermediate_size", module="block_sparse_moe"
    ),
    "granitemoeshared": ExpertTraits(
        Traits(bias=_BIAS, output_bias=_BIAS),
        "num_local_experts",
        "intermediate_size",
        shared_width="shared_intermediate_size",
        module="block_sparse_moe",
    ),
    "phimoe": ExpertTraits(
        Traits(bias=_BIAS, output_bias=_BIAS, layer_norm=True, head_bias=True),
        "num_local_experts",
        "intermediate_size",
        module="block_sparse_moe",
    ),
    "olmoe": ExpertTraits(Traits(bias=_BIAS, output_bias=_BIAS, query_norm="all"), width="intermediate_size"),
    "qwen2_moe": ExpertTraits(
        Traits(bias=True),
        shared_width="shared_expert_intermediate_size",
        shared_gate=True,
        shared_module="shared_expert",
    ),
    "qwen3_moe": ExpertTraits(Traits(bias=_BIAS, output_bias=_BIAS, query_norm="head")),
    "glm4_moe": ExpertTraits(
        Traits(bias=_BIAS, query_norm="head", query_norm_field="use_qk_norm"),
        "n_routed_experts",
        shared_count="n_shared_experts",
        correction=True,
    ),
    "dots1": ExpertTraits(
        Traits(bias=_BIAS, query_norm="head"), "n_routed_experts", shared_count="n_shared_experts", correction=True
    ),
    "ernie4_5_moe": ExpertTraits(
        Traits(bias="use_bias", output_bias="use_bias", feed_forward_bias="use_bias", tied=True),
        "moe_num_experts",
        per_token="moe_k",  # noqa: S106 - a field of the config
        shared_count="moe_num_shared_experts",
        correction=True,
    ),
    "deepseek_v2": _DEEPSEEK,
    "deepseek_v3": _DEEPSEEK,
    "deepseek_v32": _DEEPSEEK,
    "kimi_k2": _DEEPSEEK,
    "glm_moe_dsa": _DEEPSEEK,
    "glm4_moe_lite": ExpertTraits(count="n_routed_experts", shared_count="n_shared_experts", correction=True),
}


# What the number of experts is called from transformers 5 on, whatever the model calls it.
_COUNTS: Final = ("num_local_experts", "num_experts", "n_routed_experts")


def read_experts(fields: Fields, traits: ExpertTraits, hidden: int) -> Experts:
    """Read the shape of a layer of experts.

    Raises:
        InvalidInputError: A field is missing, or is not what it must be.
    """
    width = fields.count(traits.width)
    shared = 0
    if traits.shared_count:
        shared = width * fields.count(traits.shared_count, default=0, least=0)
    elif traits.shared_width:
        shared = fields.count(traits.shared_width, default=0, least=0)
    return Experts(
        hidden=hidden,
        count=fields.count(traits.count, *_COUNTS),
        width=width,
        per_token=fields.count(traits.per_token),
        shared=shared,
        shared_gate=traits.shared_gate and shared > 0,
        correction=traits.correction or fields.word("topk_method") == "noaux_tc",
        module=traits.module,
        shared_module=traits.shared_module,
    )


def expert_layers(fields: Fields) -> tuple[bool, ...]:
    """Return which layers have experts, by the fields that any of the models has for it.

    Raises:
        InvalidInputError: A field is not what it must be.
    """
    layers = fields.count(LAYERS)
    if kinds := fields.words("mlp_layer_types"):
        if len(kinds) != layers or not set(kinds) <= {_DENSE, _SPARSE}:
            raise fields.wrong("mlp_layer_types", f"{layers} times {_DENSE} or {_SPARSE}", layers=layers)
        return tuple(kind == _SPARSE for kind in kinds)
    dense_first = fields.count("first_k_dense_replace", "moe_layer_start_index", default=0, least=0)
    last = fields.count("moe_layer_end_index", default=layers - 1, least=-1)
    last = layers - 1 if last < 0 else last
    step = fields.count("decoder_sparse_step", "moe_layer_interval", "moe_layer_freq", default=1)
    only_dense = set(fields.counts("mlp_only_layers"))
    offset = 1 if fields.has("decoder_sparse_step") or fields.has("moe_layer_interval") else 0
    return tuple(
        dense_first <= number <= last and (number + offset) % step == 0 and number not in only_dense
        for number in range(layers)
    )


def read_mixture(config: Fields, decoder: Fields, quantization: Quantization) -> Architecture:
    """Read a model of grouped-query attention with experts.

    Raises:
        InvalidInputError: A field is missing, or is not what it must be.
    """
    traits = EXPERT_TRAITS[decoder.word("model_type")]
    heads = read_heads(decoder)
    shape = read_experts(decoder, traits, heads.hidden)
    with_experts = expert_layers(decoder)
    attended = attention_layer(decoder, heads, traits.attention)
    cache = heads.cache(read_window(decoder))
    sparse = Layer((*attended, *experts(shape)), cache)
    widths = [shape.token_width + shape.shared]
    dense = None
    if not all(with_experts):
        width = decoder.count("intermediate_size")
        widths.append(width)
        dense = Layer((*attended, *feed_forward(heads.hidden, width)), cache)
    tied = read_tied(config, decoder, default=traits.attention.tied)
    return assembled(
        decoder,
        [sparse if has or dense is None else dense for has in with_experts],
        outside(decoder, tied=tied, bias=traits.attention.layer_norm, head_bias=_head_bias(decoder, traits)),
        quantization,
        tied=tied,
        feed_forward=max(widths),
        experts_per_token=shape.per_token,
        expert_width=shape.width,
        head_size=_rotated(decoder, heads),
    )


def _head_bias(fields: Fields, traits: ExpertTraits) -> bool:
    return traits.attention.head_bias and fields.flag("lm_head_bias")


def _rotated(fields: Fields, heads: Heads) -> int:
    return fields.count("rotary_dim", default=heads.size)
