"""The arguments of vLLM that change how much memory it needs, read from the list that the engine gets."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, quoted
from slicewise.sizing.input_limits import left_out_by
from slicewise.sizing.option_effects import adding_memory, changing_memory
from slicewise.sizing.uncomputed import Uncomputed
from slicewise.sizing.vllm_options import SHORT, full_name

# Switches: they take no value, and `--no-…` turns them off.
_SWITCHES: Final = frozenset({
    "enforce-eager", "enable-prefix-caching", "enable-expert-parallel", "enable-lora", "language-model-only",
    "disable-hybrid-kv-cache-manager", "enable-chunked-prefill", "async-scheduling", "skip-mm-profiling",
    "trust-remote-code", "enable-dbo", "calculate-kv-scales", "enable-prompt-embeds",
})  # fmt: skip
_HUMAN: Final = re.compile(r"(?P<number>[0-9]{1,12}(?:\.[0-9]{1,6})?)(?P<unit>[kKmMgGtT]?)")
_UNITS: Final = {
    "": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40,
}  # fmt: skip
_MOST: Final = 10**9
_IMAGES: Final = "limit-mm-per-prompt"
_MOST_RANKS: Final = 4096
_OPTIMIZED: Final = re.compile(r"-O[0-9.]*")
_AUTO: Final = ("auto", "-1")


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How vLLM is started, as far as memory goes. None and empty texts stand for vLLM's defaults.

    Attributes:
        max_model_len: The longest request; None for all that the model can.
        fits_length: Whether vLLM chooses the longest request that fits (`auto`, -1).
        max_num_seqs: Requests of a batch.
        max_num_batched_tokens: Tokens of a batch.
        gpu_memory_utilization: The part of the unit's memory that vLLM may use.
        kv_cache_dtype: The number format of keys and values: `auto`, `fp8`, ….
        dtype: The model's own number format: `auto`, `bfloat16`, `float16` or `float32`.
        quantization: The method that makes the weights smaller.
        tensor: Tensor parallel size.
        pipeline: Pipeline parallel size.
        data: Data parallel size.
        expert: Whether experts are spread over the ranks.
        enforce_eager: Whether no CUDA graphs are captured.
        prefix_caching: Whether prefixes are kept; None for the default of the version and the model.
        hybrid: Whether windows free what they have passed.
        async_scheduling: Whether a batch is prepared while another runs.
        language_only: Whether encoders of images and audio are left out.
        left_out: What a request may have none of (`--limit-mm-per-prompt`): image, video, audio.
        changing: Why memory cannot be computed at all.
        adding: What needs memory beyond what is computed.
    """

    max_model_len: int | None = None
    fits_length: bool = False
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    gpu_memory_utilization: float | None = None
    kv_cache_dtype: str = "auto"
    dtype: str = "auto"
    quantization: str = ""
    tensor: int = 1
    pipeline: int = 1
    data: int = 1
    expert: bool = False
    enforce_eager: bool = False
    prefix_caching: bool | None = None
    hybrid: bool = True
    async_scheduling: bool = True
    language_only: bool = False
    left_out: frozenset[str] = frozenset()
    changing: tuple[Uncomputed, ...] = field(default=())
    adding: tuple[str, ...] = field(default=())


def read_options(arguments: Sequence[str], start: EngineOptions | None = None) -> EngineOptions:
    """Read vLLM's arguments; the last of several counts. Those that are not known make memory one that is not computed.

    Args:
        arguments: The arguments, as the engine gets them: `--a=b` in one, or `--a` and `b` in two.
        start: What holds before them: the parallel sizes of a document.

    Raises:
        InvalidInputError: A value is not one that vLLM takes (`ENGINE_ARGUMENT`).
    """
    values: dict[str, str] = {}
    for name, value in _given(arguments):
        several = name == _IMAGES and name in values and not value.startswith("{")
        values[name] = f"{values[name]},{value}" if several else value
    options = start or EngineOptions()
    length = values.get("max-model-len")
    fits = length in _AUTO
    connector = values.get("kv-transfer-config")
    hybrid = not _on(values, "disable-hybrid-kv-cache-manager")
    if connector is not None and not _keeps_hybrid(connector):
        hybrid = False
    return replace(
        options,
        max_model_len=None if fits else _count(values, "max-model-len", options.max_model_len),
        fits_length=fits,
        max_num_seqs=_count(values, "max-num-seqs", options.max_num_seqs),
        max_num_batched_tokens=_count(values, "max-num-batched-tokens", options.max_num_batched_tokens),
        gpu_memory_utilization=_share(values, options.gpu_memory_utilization),
        kv_cache_dtype=values.get("kv-cache-dtype", options.kv_cache_dtype),
        dtype=values.get("dtype", options.dtype),
        quantization=values.get("quantization", options.quantization).lower(),
        tensor=_count(values, "tensor-parallel-size", options.tensor, most=_MOST_RANKS) or 1,
        pipeline=_count(values, "pipeline-parallel-size", options.pipeline, most=_MOST_RANKS) or 1,
        data=_count(values, "data-parallel-size", options.data, most=_MOST_RANKS) or 1,
        expert=_on(values, "enable-expert-parallel", default=options.expert),
        enforce_eager=_on(values, "enforce-eager", default=options.enforce_eager),
        prefix_caching=_on(values, "enable-prefix-caching") if "enable-prefix-caching" in values else None,
        hybrid=hybrid,
        async_scheduling=_on(values, "async-scheduling", default=True),
        language_only=_on(values, "language-model-only"),
        left_out=left_out_by(values.get(_IMAGES, "")),
        changing=(*options.changing, *changing_memory(values)),
        adding=(*options.adding, *adding_memory(values)),
    )


def split_arguments(text: str) -> list[str]:
    """Split a line of arguments as a shell does.

    Raises:
        InvalidInputError: A quote is not closed.
    """
    try:
        return shlex.split(text)
    except ValueError as error:
        raise _wrong("engine arguments", text, "arguments as a shell reads them, with every quote closed") from error


def _given(arguments: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield every option by its long name with its value; switches are `true` or `false`."""
    items = list(arguments)
    number = 0
    while number < len(items):
        written, equals, value = items[number].partition("=")
        number += 1
        if not written.startswith("-"):
            continue
        # `--limit-mm-per-prompt.image=0` is `--limit-mm-per-prompt={"image": 0}`, and `-cc.mode=0` so, too.
        option, _, inner = written.partition(".") if not _OPTIMIZED.fullmatch(written) else (written, "", "")
        name = full_name(_long_name(option))
        if name.removeprefix("no-") in _SWITCHES:
            value = "false" if name.startswith("no-") or value.lower() == "false" else "true"
            name = name.removeprefix("no-")
        elif not equals and number < len(items) and _is_value(items[number]):
            value = items[number]
            number += 1
        elif not equals:
            value = "true"
        yield name, f"{inner}={value}" if inner else value


def _long_name(written: str) -> str:
    if _OPTIMIZED.fullmatch(written):
        return "optimization-level"
    return SHORT.get(written) or written.removeprefix("--").replace("_", "-")


def _is_value(item: str) -> bool:
    return not item.startswith("-") or item == _AUTO[1]


def _on(values: dict[str, str], name: str, *, default: bool = False) -> bool:
    return values[name] == "true" if name in values else default


def _count(values: dict[str, str], name: str, default: int | None, *, most: int = _MOST) -> int | None:
    """Return a whole number as vLLM reads it: `16k` is 16,000 and `16K` is 16,384."""
    if name not in values:
        return default
    match = _HUMAN.fullmatch(values[name])
    number = float(match["number"]) * _UNITS[match["unit"]] if match else math.nan
    if match is None or not number.is_integer() or not 1 <= number <= most:
        raise _wrong(f"--{name}", values[name], f"a whole number from 1 to {most:,}, such as 16384 or 16k")
    return int(number)


def _share(values: dict[str, str], default: float | None) -> float | None:
    name = "gpu-memory-utilization"
    if name not in values:
        return default
    try:
        share = float(values[name])
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        raise _wrong(f"--{name}", values[name], "a number above 0 and up to 1")
    return share


# Connectors that go with windows (vLLM v0.23, SupportsHMA).
_WITH_WINDOWS: Final = ("OffloadingConnector", "NixlConnector", "MooncakeConnector", "MultiConnector")


def _keeps_hybrid(connector: str) -> bool:
    return any(name in connector for name in _WITH_WINDOWS)


def _wrong(name: str, value: str, expected: str) -> InvalidInputError:
    message = f"expected {expected}, got {quoted(value)}"
    return InvalidInputError([Diagnostic.error(Code.ENGINE_ARGUMENT, message, field=name)])
