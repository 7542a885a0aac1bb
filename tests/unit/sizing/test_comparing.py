"""What is taken over from one comparison to the next says what each by itself says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slicewise.sizing import (
    EngineOptions,
    FitJudge,
    FitVerdict,
    Unit,
    engine_memory,
    parse_version,
    read_architecture,
    read_options,
    size,
)
from slicewise.sizing.engines import changed_memory
from tests.unit.sizing.configs import GIB, LLAMA_8B
from tests.unit.sizing.test_verdict_properties import ARGUMENTS, LENGTHS, MEMORIES, MODELS, VERSIONS

SHARES = st.sampled_from([None, 0.05, 0.5, 0.85, 0.99, 1.0])
CHANGES: list[dict[str, Any]] = [
    {"max_model_len": 1024, "fits_length": False},
    {"max_num_seqs": 8, "max_num_batched_tokens": 2048},
    {"enforce_eager": True},
    {"kv_cache_dtype": "fp8"},
    {"quantization": "fp8"},
    {"dtype": "float32"},
    {"hybrid": False},
    {"language_only": True},
    {"tensor": 2},
]


def options_of(length: int, arguments: str, share: float | None = None) -> EngineOptions:
    return replace(read_options([f"--max-model-len={length}", *arguments.split()]), gpu_memory_utilization=share)


@settings(max_examples=100)
@given(MODELS, ARGUMENTS, LENGTHS, VERSIONS, SHARES, st.booleans())
def test_the_least_bytes_are_enough_and_one_less_is_not(
    config: dict[str, Any], arguments: str, length: int, version: str, share: float | None, is_slice: bool
) -> None:
    memory = engine_memory(read_architecture(config), options_of(length, arguments, share), parse_version(version))
    compared = FitJudge(memory).comparison(Unit(GIB, is_slice=is_slice))
    starts, fits = compared.starts_from, compared.fits_from
    for least, holds in ((starts, lambda size: not compared.fails(size)), (fits, compared.surely_fits)):
        if least is None:
            assert not any(holds(2**exponent) for exponent in range(43))
        else:
            assert (least == 0 or not holds(least - 1), holds(least)) == (True, True)
    if fits is not None:
        assert starts is not None
        assert starts <= fits


@pytest.mark.parametrize("change", CHANGES, ids=str)
@settings(max_examples=25)
@given(MODELS, ARGUMENTS, LENGTHS, VERSIONS)
def test_with_other_options_an_engine_needs_what_one_needs_that_is_read_anew(
    change: dict[str, Any], config: dict[str, Any], arguments: str, length: int, version: str
) -> None:
    model, options, vllm = read_architecture(config), options_of(length, arguments), parse_version(version)
    other = replace(options, **change)
    assert changed_memory(engine_memory(model, options, vllm), other) == engine_memory(model, other, vllm)


@pytest.mark.long
@settings(max_examples=200)
@given(MODELS, ARGUMENTS, LENGTHS, VERSIONS, SHARES, MEMORIES)
def test_no_change_that_helps_is_left_out(
    config: dict[str, Any], arguments: str, length: int, version: str, share: float | None, gib: float
) -> None:
    model, options, vllm = read_architecture(config), options_of(length, arguments, share), parse_version(version)
    unit = Unit(round(gib * GIB), is_slice=True)
    found = size(model, options, unit, vllm)
    if found.verdict not in (FitVerdict.CANNOT_SAY, FitVerdict.DOES_NOT_FIT):
        return
    changes: dict[str, dict[str, Any]] = {
        "write --enforce-eager": {"enforce_eager": True},
        "write --kv-cache-dtype=fp8": {"kv_cache_dtype": "fp8"},
        "write --quantization=fp8": {"quantization": "fp8"},
    }
    written = found.reasons[0].remedy.split("; or ")
    for words, change in changes.items():
        other = replace(options, **change)
        same = other == options or (words.endswith("=fp8") and model.quantization.rules and "quant" in words)
        helps = size(model, other, unit, vllm).verdict is FitVerdict.FITS
        assert (words in written) is (helps and not same)
    shorter = size(model, replace(options, max_model_len=1024), unit, vllm).verdict is FitVerdict.FITS
    if any(each.startswith("write --max-model-len=") for each in written):
        assert shorter or length < 1024
    # Of states that are too few the reason itself says how many sequences, which is not yet certain.
    halves = [each for each in written if "--max-num-batched-tokens=" in each]
    for arguments_of_half in halves:
        fewer = options_of(length, f"{arguments} {arguments_of_half.removeprefix('write ')}", share)
        assert size(model, fewer, unit, vllm).verdict is FitVerdict.FITS


def test_where_the_budget_takes_what_a_context_may_need_no_other_argument_is_named() -> None:
    model, unit = read_architecture(LLAMA_8B), Unit(40 * GIB, is_slice=True)
    found = size(model, options_of(4096, "", 0.99), unit, parse_version("0.23.0"))
    assert found.verdict in (FitVerdict.CANNOT_SAY, FitVerdict.DOES_NOT_FIT)
    written = found.reasons[0].remedy.split("; or ")
    assert written[0].startswith("write --gpu-memory-utilization=")
    assert all(each.startswith("take a unit") for each in written[1:])
