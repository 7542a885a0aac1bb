"""Reading `quantization_config`: which method quantised the checkpoint, and what it left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from slicewise.sizing.formats import (
    FP8,
    FP8_ROWS,
    INT8_ROWS,
    MXFP4,
    MXFP8,
    NVFP4,
    Format,
    fp8_blocks,
    grouped_int,
)
from slicewise.sizing.name_patterns import NamePatterns, UnreadablePatternError
from slicewise.sizing.quantization import FormatRule, Quantization
from slicewise.sizing.reading.fields import Fields

_BITS: Final = (4, 8)
_BYTE: Final = 8
_TEXT: Final = "text_config"
_NAMES: Final = ("quantization_config", "compression_config")
_SIDES: Final = 2
_USUAL_BLOCKS: Final = (128, 128)
# What compressed-tensors calls all linear layers.
_ALL_LINEAR: Final = "Linear"
_ALL_BLOCKS: Final = "layers"
_PACKED: Final = "pack-quantized"
_BYTES: Final = ("int-quantized", "naive-quantized")
_KV_FP8: Final = "fp8"
_HEAD: Final = "lm_head"


def read_quantization(config: Fields) -> Quantization:
    """Read how the checkpoint is quantised; a `Quantization` with `unknown` where this cannot be computed.

    Args:
        config: The fields of the model's config.

    Raises:
        InvalidInputError: A field is there and is not what it must be.
    """
    quantized = _quantized(config)
    if quantized is None:
        return Quantization()
    method = quantized.word("quant_method").lower().replace("_", "-")
    if not method and (quantized.has("quant_algo") or quantized.is_mapping("quantization")):
        # `hf_quant_config.json`, which vLLM takes where config.json has nothing.
        method = "modelopt"
    reader = _METHODS.get(method)
    if reader is None:
        return Quantization(method or "unknown", unknown=f'the quantisation method "{method}" is not known here')
    try:
        return reader(quantized)
    except UnreadablePatternError:
        return Quantization(method, unknown="a pattern of modules in quantization_config cannot be evaluated")


def _quantized(config: Fields) -> Fields | None:
    """Return the fields of the quantisation: of the model, of the decoder inside, or by their older name."""
    for outer in (config, config.below(_TEXT)):
        for name in _NAMES:
            if outer.has(name):
                found = outer.below(name)
                return None if found.empty() else found
    return None


def _unknown(method: str, what: str) -> Quantization:
    return Quantization(method, unknown=f"{method} with {what} is not known here")


def _fp8(fields: Fields) -> Quantization:
    if fields.has("quant_algo"):
        return _unknown("fp8", f"quant_algo {fields.word('quant_algo')}")
    blocks = fields.counts("weight_block_size")
    if blocks and (len(blocks) != _SIDES or not all(blocks)):
        raise fields.wrong("weight_block_size", "two whole numbers")
    chosen = fp8_blocks(*blocks) if blocks else FP8
    excluded = fields.words("modules_to_not_convert") or fields.words("ignored_layers")
    return Quantization("fp8", (FormatRule(None, chosen),), NamePatterns(excluded))


def _fbgemm(fields: Fields) -> Quantization:
    return Quantization(
        "fbgemm-fp8", (FormatRule(None, FP8_ROWS),), NamePatterns(fields.words("modules_to_not_convert"))
    )


def _gptq(fields: Fields) -> Quantization:
    bits = fields.count("bits")
    if bits not in _BITS:
        return _unknown("gptq", f"{bits} bits")
    if fields.has("dynamic") and not fields.below("dynamic").empty():
        return _unknown("gptq", "settings for single modules (dynamic)")
    group = fields.count("group_size", default=128, least=-1)
    ordered = fields.flag("desc_act")
    chosen = grouped_int(bits, max(group, 0), zero_points=True, ordered=ordered)
    head = (FormatRule(NamePatterns([_HEAD]), chosen),) if fields.flag("lm_head") else ()
    excluded = NamePatterns(fields.words("modules_to_not_convert"))
    return Quantization("gptq", (*head, FormatRule(None, chosen)), excluded, towers=False)


def _awq(fields: Fields) -> Quantization:
    bits = fields.count("bits", "w_bit")
    if bits not in _BITS:
        return _unknown("awq", f"{bits} bits")
    group = fields.count("group_size", "q_group_size", default=128, least=-1)
    points = fields.flag("zero_point", default=True)
    chosen = grouped_int(bits, max(group, 0), zero_points=points, ordered=False)
    excluded = NamePatterns(fields.words("modules_to_not_convert"))
    return Quantization("awq", (FormatRule(None, chosen),), excluded, towers=False)


def _auto_round(fields: Fields) -> Quantization:
    bits = fields.count("bits")
    if bits not in _BITS or fields.word("data_type", "int") != "int":
        return _unknown("auto-round", f"{bits} bits of {fields.word('data_type', 'int')}")
    if fields.flag("quant_lm_head") or not all(name.endswith(_ALL_BLOCKS) for name in _blocks(fields)):
        return _unknown("auto-round", "an output head or single blocks that are quantised")
    group = fields.count("group_size", default=128, least=-1)
    chosen = grouped_int(bits, max(group, 0), zero_points=True, ordered=False)
    left: list[str] = []
    for name, settings in fields.items("extra_config").items():
        own = settings.count("bits", default=bits)
        if own == bits and name.rpartition(".")[2] != _HEAD:
            continue
        if own <= _BYTE:
            return _unknown("auto-round", "settings for single modules (extra_config)")
        left.append(name)
    return Quantization("auto-round", (FormatRule(None, chosen),), NamePatterns(left), towers=False)


def _blocks(fields: Fields) -> tuple[str, ...]:
    """Return the blocks that are quantised, which are written as a text or as a list; none where all are."""
    names: tuple[str, ...] = ()
    for field in ("block_name_to_quantize", "to_quant_block_names"):
        names += tuple(fields.word(field).split(",")) if fields.is_word(field) else fields.words(field)
    return tuple(name.strip() for name in names if name.strip())


def _mxfp4(fields: Fields) -> Quantization:
    excluded = NamePatterns(fields.words("modules_to_not_convert"))
    return Quantization("mxfp4", (FormatRule(None, MXFP4),), excluded, only_experts=True)


def _compressed(fields: Fields) -> Quantization:
    if not fields.below("sparsity_config").empty() and fields.below("sparsity_config").word("format") not in (
        "",
        "dense",
    ):
        return _unknown("compressed-tensors", "a sparse format")
    if fields.has("transform_config") and not fields.below("transform_config").empty():
        return _unknown("compressed-tensors", "rotations (transform_config)")
    rules = []
    for group in fields.items("config_groups").values():
        weights = group.below("weights")
        if weights.empty():
            continue
        packed = group.word("format") or fields.word("format")
        chosen = _compressed_format(weights, packed)
        if chosen is None:
            return _unknown("compressed-tensors", f"{packed or 'such'} weights")
        targets = group.words("targets")
        named = None if _ALL_LINEAR in targets else NamePatterns(targets)
        rules.append(FormatRule(named, chosen))
    rules.sort(key=lambda rule: rule.named is None)
    excluded = NamePatterns(fields.words("ignore"))
    scheme = fields.below("kv_cache_scheme")
    kv_fp8 = not scheme.empty() and scheme.count("num_bits", default=_BYTE) == _BYTE
    return Quantization("compressed-tensors", tuple(rules), excluded, kv_fp8=kv_fp8)


def _compressed_format(weights: Fields, packed: str) -> Format | None:
    """Return the format of a group's weights (compressed-tensors, QuantizationArgs)."""
    bits, kind, strategy = weights.count("num_bits"), weights.word("type", "int"), weights.word("strategy")
    group = max(weights.count("group_size", default=0, least=-1), 0)
    if kind == "float":
        if bits == _BYTE:
            return _compressed_fp8(weights.counts("block_structure"), strategy, packed)
        return {16: NVFP4, 32: MXFP4}.get(group) if bits == _BITS[0] else None
    if kind != "int" or bits not in _BITS:
        return None
    points = not weights.flag("symmetric", default=True)
    return _compressed_int(bits, group, packed, points=points, ordered=weights.has("actorder"))


def _compressed_fp8(blocks: tuple[int, ...], strategy: str, packed: str) -> Format:
    if strategy == "block":
        return fp8_blocks(*(blocks if len(blocks) == _SIDES else _USUAL_BLOCKS))
    if "mxfp8" in packed:
        return MXFP8
    return FP8_ROWS if strategy == "channel" else FP8


def _compressed_int(bits: int, group: int, packed: str, *, points: bool, ordered: bool) -> Format | None:
    if packed == _PACKED:
        return grouped_int(bits, group, zero_points=points, ordered=ordered)
    return INT8_ROWS if bits == _BYTE and not group and packed in _BYTES else None


_MODELOPT: Final = {
    "FP8": FP8,
    "FP8_PER_CHANNEL_PER_TOKEN": FP8_ROWS,
    "FP8_PB_WO": fp8_blocks(128, 128),
    "NVFP4": NVFP4,
    "W4A16_NVFP4": NVFP4,
    "MXFP8": MXFP8,
}


def _modelopt(fields: Fields) -> Quantization:
    inner = fields.below("quantization")
    source = fields if inner.empty() else inner
    algorithm = source.word("quant_algo")
    excluded = NamePatterns((*source.words("exclude_modules"), *source.words("ignore")))
    if _four_bits(source):
        return _unknown("modelopt", "keys and values in 4 bits")
    kv_fp8 = _asks_fp8(source)
    if algorithm == "MIXED_PRECISION":
        named: dict[str, list[str]] = {}
        for module, settings in source.items("quantized_layers").items():
            named.setdefault(settings.word("quant_algo"), []).append(module)
        if not named or not named.keys() <= _MODELOPT.keys():
            return _unknown("modelopt", "mixed precision without its list of layers")
        rules = tuple(FormatRule(NamePatterns(modules), _MODELOPT[name]) for name, modules in named.items())
        return Quantization("modelopt", rules, excluded, kv_fp8=kv_fp8)
    if algorithm not in _MODELOPT:
        return _unknown("modelopt", f"quant_algo {algorithm or 'none'}")
    return Quantization("modelopt", (FormatRule(None, _MODELOPT[algorithm]),), excluded, kv_fp8=kv_fp8)


def _asks_fp8(fields: Fields) -> bool:
    """Whether modelopt asks for keys and values in FP8: by a word, or by a scheme of eight bits."""
    if fields.is_mapping("kv_cache_scheme"):
        return fields.below("kv_cache_scheme").count("num_bits", default=0, least=0) == _BYTE
    return _KV_FP8 in (fields.word("kv_cache_quant_algo").lower(), fields.word("kv_cache_scheme").lower())


def _four_bits(fields: Fields) -> bool:
    if fields.is_mapping("kv_cache_scheme"):
        return fields.below("kv_cache_scheme").count("num_bits", default=0, least=0) == _BITS[0]
    return "nvfp4" in (fields.word("kv_cache_quant_algo").lower(), fields.word("kv_cache_scheme").lower())


_METHODS: Final[dict[str, Callable[[Fields], Quantization]]] = {
    "fp8": _fp8,
    "fbgemm-fp8": _fbgemm,
    "gptq": _gptq,
    "gptq-marlin": _gptq,
    "awq": _awq,
    "awq-marlin": _awq,
    "auto-round": _auto_round,
    "mxfp4": _mxfp4,
    "gpt-oss-mxfp4": _mxfp4,
    "compressed-tensors": _compressed,
    "modelopt": _modelopt,
    "modelopt-fp4": _modelopt,
    "modelopt-mixed": _modelopt,
}
