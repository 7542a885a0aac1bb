"""What must hold of all verdicts: more memory never makes one worse, a longer request never better."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slicewise.sizing import (
    FitJudge,
    FitVerdict,
    Unit,
    engine_memory,
    parse_version,
    read_architecture,
    read_options,
    sure_memory,
)
from tests.unit.sizing.configs import GEMMA_27B, GIB, GPT_OSS_20B, LLAMA_8B, QWEN_7B, QWEN_35_27B

GPTQ_INT4 = {**QWEN_7B, "quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 128, "sym": True}}
MODELS = st.sampled_from([LLAMA_8B, QWEN_7B, GEMMA_27B, GPT_OSS_20B, QWEN_35_27B, GPTQ_INT4])
VERSIONS = st.sampled_from(["0.17.0", "0.19.0", "0.20.0", "0.23.0", "0.26.0", "0.33.0"])
ARGUMENTS = st.sampled_from(
    [
        "",
        "--enforce-eager",
        "--kv-cache-dtype=fp8",
        "--max-num-seqs=16",
        "--max-num-seqs=1024 --max-num-batched-tokens=8192",
        "--gpu-memory-utilization=0.98",
        "--language-model-only",
        "--quantization=fp8",
    ]
)
MEMORIES = st.floats(min_value=1, max_value=200)
LENGTHS = st.integers(min_value=1, max_value=32_768)
RANK = {FitVerdict.DOES_NOT_FIT: 0, FitVerdict.NOT_JUDGED: 1, FitVerdict.CANNOT_SAY: 1, FitVerdict.FITS: 2}


def verdict(
    config: dict[str, Any], arguments: str, length: int, gib: float, version: str, *, is_slice: bool | None
) -> FitVerdict:
    options = read_options([f"--max-model-len={length}", *arguments.split()])
    memory = engine_memory(read_architecture(config), options, parse_version(version))
    return FitJudge(memory).verdict(Unit(round(gib * GIB), is_slice=is_slice))


@given(MODELS, ARGUMENTS, LENGTHS, VERSIONS, st.lists(MEMORIES, min_size=1, max_size=8), st.booleans())
def test_units_are_counted_on_which_each_by_itself_does_not_fit(
    config: dict[str, Any], arguments: str, length: int, version: str, memories: list[float], is_slice: bool
) -> None:
    options = read_options([f"--max-model-len={length}", *arguments.split()])
    memory = engine_memory(read_architecture(config), options, parse_version(version))
    units = [Unit(round(gib * GIB), is_slice, "h100-80gb") for gib in sorted(memories)]
    units = [each for each in units if each.sees_large_device is units[0].sees_large_device]
    verdicts = [FitJudge(memory).verdict(unit) for unit in units]
    assert FitJudge(memory).failing(units) == verdicts.count(FitVerdict.DOES_NOT_FIT)


def test_what_was_said_of_a_gpu_is_not_said_of_a_slice() -> None:
    # vLLM sees no large device in either, so that batches are the same.
    gpu, part = (Unit(79 * GIB, is_slice=each, gpu_model="a100-80gb") for each in (False, True))
    memory = engine_memory(
        read_architecture(LLAMA_8B), read_options(["--max-model-len=8192", "-tp=2"]), parse_version("0.23.0")
    )
    judge = FitJudge(memory)
    both = [judge.verdict(gpu), judge.verdict(part)]
    assert both == [FitJudge(memory).verdict(gpu), FitJudge(memory).verdict(part)]
    assert both == [FitVerdict.FITS, FitVerdict.NOT_JUDGED]


@pytest.mark.long
@settings(max_examples=300)
@given(MODELS, ARGUMENTS, LENGTHS, VERSIONS, MEMORIES, MEMORIES, st.booleans())
def test_more_memory_never_makes_it_worse(
    config: dict[str, Any], arguments: str, length: int, version: str, one: float, two: float, is_slice: bool
) -> None:
    less, more = sorted((one, two))
    kind = True if is_slice else None
    smaller = verdict(config, arguments, length, less, version, is_slice=kind)
    larger = verdict(config, arguments, length, more, version, is_slice=kind)
    if is_slice:
        assert RANK[smaller] <= RANK[larger]
    # Of a unit that may be a whole GPU, vLLM's batches are not certain from 70 GiB: fits may become cannot-say.
    assert (smaller, larger) != (FitVerdict.FITS, FitVerdict.DOES_NOT_FIT)


@pytest.mark.long
@settings(max_examples=300)
@given(MODELS, ARGUMENTS, LENGTHS, LENGTHS, VERSIONS, MEMORIES)
def test_longer_requests_never_make_it_better(
    config: dict[str, Any], arguments: str, one: int, two: int, version: str, gib: float
) -> None:
    shorter, longer = sorted((one, two))
    stated = f"{arguments} --max-num-batched-tokens=2048"
    assert (
        RANK[verdict(config, stated, longer, gib, version, is_slice=True)]
        <= RANK[verdict(config, stated, shorter, gib, version, is_slice=True)]
    )


@settings(max_examples=50)
@given(MODELS, ARGUMENTS, LENGTHS, VERSIONS, st.lists(MEMORIES, min_size=2, max_size=12))
def test_a_judge_of_many_units_says_what_one_of_each_says(
    config: dict[str, Any], arguments: str, length: int, version: str, memories: list[float]
) -> None:
    options = read_options([f"--max-model-len={length}", *arguments.split()])
    memory = engine_memory(read_architecture(config), options, parse_version(version))
    judge = FitJudge(memory)
    for gib in memories:
        for is_slice in (True, None):
            unit = Unit(round(gib * GIB), is_slice=is_slice)
            assert judge.verdict(unit) is FitJudge(memory).sizing(unit).verdict


@settings(max_examples=100)
@given(MODELS, ARGUMENTS, LENGTHS, VERSIONS, MEMORIES)
def test_numbers_are_in_order(config: dict[str, Any], arguments: str, length: int, version: str, gib: float) -> None:
    options = read_options([f"--max-model-len={length}", *arguments.split()])
    memory = engine_memory(read_architecture(config), options, parse_version(version))
    found = FitJudge(memory).sizing(Unit(round(gib * GIB), is_slice=True))
    for pair in (found.overhead, found.available, found.concurrency, found.tokens):
        assert pair is not None
        assert pair.low <= pair.high
    assert found.sure_length is not None
    assert found.possible_length is not None
    assert 0 <= found.sure_length <= found.possible_length
    enough = sure_memory(FitJudge(memory), Unit(round(gib * GIB), is_slice=True))
    if found.verdict is FitVerdict.FITS:
        assert enough is not None
        assert enough <= round(gib * GIB) + (1 << 20)
