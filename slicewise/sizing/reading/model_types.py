"""From `model_type` to the reader of such a model; a type that is not here is not judged, never guessed at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, closest, quoted
from slicewise.sizing.architecture import Architecture, Images
from slicewise.sizing.quantization import Quantization
from slicewise.sizing.reading.defaults import ALONE, INSIDE
from slicewise.sizing.reading.dense import TRAITS, read_dense
from slicewise.sizing.reading.encoders import READERS, Towers
from slicewise.sizing.reading.experts import EXPERT_TRAITS, read_mixture
from slicewise.sizing.reading.fields import Fields
from slicewise.sizing.reading.gemma4 import read_gemma4
from slicewise.sizing.reading.gpt_oss import read_gpt_oss
from slicewise.sizing.reading.hybrids import read_delta_hybrid, read_granite_hybrid, read_nemotron_h
from slicewise.sizing.reading.latent import read_latent
from slicewise.sizing.reading.llama4 import read_llama4

Reader = Callable[[Fields, Fields, Quantization], Architecture]
_LATENT: Final = ("deepseek_v2", "deepseek_v3", "deepseek_v32", "kimi_k2", "glm_moe_dsa", "glm4_moe_lite")
_DECODERS: Final[Mapping[str, Reader]] = {
    **dict.fromkeys(TRAITS, read_dense),
    **dict.fromkeys(EXPERT_TRAITS, read_mixture),
    **dict.fromkeys(_LATENT, read_latent),
    "gpt_oss": read_gpt_oss,
    "gemma4_text": read_gemma4,
    "llama4_text": read_llama4,
    "qwen3_next": read_delta_hybrid,
    "qwen3_5_text": read_delta_hybrid,
    "qwen3_5_moe_text": read_delta_hybrid,
    "nemotron_h": read_nemotron_h,
    "granitemoehybrid": read_granite_hybrid,
}


@dataclass(frozen=True, slots=True)
class _Composite:
    """A model with a decoder inside.

    Attributes:
        inside: The field that holds the decoder's; models of an older format have them beside the encoder's.
        decoder: The decoder's type where it says none.
        towers: The name of the reader of its encoders.
    """

    inside: str
    decoder: str
    towers: str


_TEXT: Final = "text_config"
_COMPOSITES: Final[Mapping[str, _Composite]] = {
    "gemma3": _Composite(_TEXT, "gemma3_text", "gemma3"),
    "gemma4": _Composite(_TEXT, "gemma4_text", "gemma4"),
    "mistral3": _Composite(_TEXT, "mistral", "mistral3"),
    "llava": _Composite(_TEXT, "llama", "llava"),
    "llava_next": _Composite(_TEXT, "llama", "llava_next"),
    "qwen2_vl": _Composite(_TEXT, "qwen2_vl_text", "qwen2_vl"),
    "qwen2_5_vl": _Composite(_TEXT, "qwen2_5_vl_text", "qwen2_5_vl"),
    "qwen3_vl": _Composite(_TEXT, "qwen3_vl_text", "qwen3_vl"),
    "qwen3_vl_moe": _Composite(_TEXT, "qwen3_vl_moe_text", "qwen3_vl_moe"),
    "qwen3_5": _Composite(_TEXT, "qwen3_5_text", "qwen3_5"),
    "qwen3_5_moe": _Composite(_TEXT, "qwen3_5_moe_text", "qwen3_5_moe"),
    "llama4": _Composite(_TEXT, "llama4_text", "llama4"),
    "kimi_vl": _Composite(_TEXT, "deepseek_v3", "kimi_vl"),
    "kimi_k25": _Composite(_TEXT, "kimi_k2", "kimi_vl"),
    "internvl_chat": _Composite("llm_config", "qwen2", "internvl_chat"),
}
# What decoders are called inside other models, and what they are.
_SAME: Final = {
    "qwen2_vl_text": "qwen2",
    "qwen2_5_vl_text": "qwen2",
    "qwen3_vl_text": "qwen3",
    "qwen3_vl_moe_text": "qwen3_moe",
}
KNOWN_MODEL_TYPES: Final = (*_DECODERS, *_COMPOSITES)
"""Every `model_type` that can be read."""


def read_model(config: Fields, quantization: Quantization) -> Architecture:
    """Read a model of any known type.

    Raises:
        UnknownModelTypeError: The type is not known.
        InvalidInputError: The type is missing, or a field is missing or wrong.
    """
    if not config.has("model_type"):
        raise config.missing("model_type")
    read = _read(config, config.word("model_type"), quantization)
    return replace(read, pooling=_pools(config.words("architectures")))


# Of vLLM's registry (v0.23, models/registry.py), what generates text ends like this.
_GENERATING: Final = ("ForCausalLM", "ForConditionalGeneration", "LMHeadModel", "ChatModel")


def _pools(architectures: tuple[str, ...]) -> bool:
    return bool(architectures) and not architectures[0].endswith(_GENERATING)


def _read(config: Fields, kind: str, quantization: Quantization) -> Architecture:
    composite = _COMPOSITES.get(kind)
    if composite is None:
        if kind not in _DECODERS:
            raise _unknown(kind)
        decoder = config.with_defaults({**ALONE.get(kind, {}), "model_type": kind})
        return _DECODERS[kind](config, decoder, quantization)
    return _with_towers(config, kind, composite, quantization)


def _with_towers(config: Fields, kind: str, composite: _Composite, quantization: Quantization) -> Architecture:
    inside = config.below(composite.inside)
    if inside.empty() and config.has("hidden_size"):
        # Qwen2-VL's first files have the decoder's fields beside `vision_config`.
        inside, named = config, composite.decoder
    elif inside.empty():
        raise config.missing(composite.inside)
    else:
        named = inside.word("model_type", composite.decoder)
    decoder_type = _SAME.get(named, named)
    if decoder_type not in _DECODERS:
        raise _unknown(named)
    known = INSIDE.get(named) or INSIDE.get(decoder_type) or {}
    decoder = inside.retyped(decoder_type, {**ALONE.get(decoder_type, {}), **known})
    text = _DECODERS[decoder_type](config, decoder, quantization)
    towers = READERS[composite.towers](config, text.hidden_size) if config.has("vision_config") else _NO_TOWERS
    return replace(text, model_type=kind, towers=towers.tensors, images=towers.images)


_NO_TOWERS: Final = Towers((), Images.NONE)


class UnknownModelTypeError(InvalidInputError):
    """The model is of a type whose memory cannot be computed: it may be served all the same."""


def _unknown(kind: str) -> UnknownModelTypeError:
    near = closest(kind, KNOWN_MODEL_TYPES)
    hint = f'; the nearest that is known is "{near}"' if near else ""
    message = f"{quoted(kind)} is not a model_type whose memory Slicewise can compute{hint}"
    remedy = "leave architecture out: the model is then planned by its memoryPerGpu alone"
    return UnknownModelTypeError([Diagnostic.error(Code.MODEL_TYPE_UNKNOWN, message, remedy, field=("model_type",))])
