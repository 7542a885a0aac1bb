"""Keys and values against what vLLM prints of them, and its rules for windows, states and batches in flight."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.sizing import engine_memory, parse_version, read_architecture, read_options
from slicewise.sizing.kv_pages import state_bytes
from slicewise.sizing.layers import Mamba2
from tests.unit.sizing.configs import GEMMA_27B, GIB, GPT_OSS_20B, LLAMA_8B, PUBLISHED, QWEN_35_27B


def needed(config: dict[str, Any], arguments: str, version: str = "0.23.0") -> float:
    memory = engine_memory(read_architecture(config), read_options(arguments.split()), parse_version(version))
    assert memory.length is not None
    return memory.cache(memory.batches_stated()).needed(memory.length) / GIB


def block(config: dict[str, Any], arguments: str) -> int:
    memory = engine_memory(read_architecture(config), read_options(arguments.split()), parse_version("0.23.0"))
    grouping = memory.cache(memory.batches_stated()).grouping
    return min(group.block for group in grouping.groups)


@pytest.mark.parametrize(
    ("config", "arguments", "gib"),
    [
        # "16.0 GiB KV cache is needed", of Llama 3 8B at 131,072 tokens.
        (LLAMA_8B, "--max-model-len=131072", 16.0),
        (LLAMA_8B, "--max-model-len=131072 --kv-cache-dtype=fp8", 8.0),
        (LLAMA_8B, "--max-model-len=131072 -tp 2", 8.0),
        # Eight heads on sixteen ranks are copied.
        (LLAMA_8B, "--max-model-len=131072 -tp 16", 2.0),
        (PUBLISHED["Qwen/Qwen2.5-7B-Instruct"], "--max-model-len=4096", 4096 * 56 * 1024 / GIB),
        # 10 layers keep all, 52 a window of 1024 and a batch of 2048 tokens, in groups of 10.
        (GEMMA_27B, "--max-model-len=16384", 10 * 131_072 * (1024 + 6 * 193) / GIB),
        (GEMMA_27B, "--max-model-len=16384 --max-num-batched-tokens=8192", 5.48),
        # Without the hybrid manager, all 62 layers keep all.
        (GEMMA_27B, "--max-model-len=16384 --disable-hybrid-kv-cache-manager", 62 * 131_072 * 1024 / GIB),
        (GEMMA_27B, '--max-model-len=16384 --kv-transfer-config={"kv_connector":"LMCacheConnectorV1"}', 7.75),
        # MLA keeps 576 numbers a token and layer, on every rank.
        (PUBLISHED["deepseek-ai/DeepSeek-V2-Lite-Chat"], "--max-model-len=8192", 27 * 8192 * 576 * 2 / GIB),
        (PUBLISHED["deepseek-ai/DeepSeek-V2-Lite-Chat"], "--max-model-len=8192 -tp 4", 27 * 8192 * 576 * 2 / GIB),
        # 12 layers keep all, 12 a window of 128 and a batch.
        (GPT_OSS_20B, "--max-model-len=8192", 12 * 16 * 2048 * (512 + 137) / GIB),
    ],
)
def test_the_cache_that_one_request_needs(config: dict[str, Any], arguments: str, gib: float) -> None:
    assert needed(config, arguments) == pytest.approx(gib, abs=0.005)


def test_windows_hold_all_batches_in_flight_since_0_26() -> None:
    arguments = "--max-model-len=16384"
    assert needed(GEMMA_27B, arguments, "0.24.0") == pytest.approx(2.66, abs=0.005)
    assert needed(GEMMA_27B, arguments, "0.26.0") == pytest.approx(3.60, abs=0.005)
    assert needed(GEMMA_27B, f"{arguments} --max-num-batched-tokens=8192", "0.26.0") == pytest.approx(8.76, abs=0.005)
    assert needed(GEMMA_27B, f"{arguments} --no-async-scheduling", "0.26.0") == pytest.approx(2.66, abs=0.005)


@pytest.mark.parametrize(
    ("config", "arguments", "tokens"),
    [
        # As logs print them: "Setting attention block size to … tokens".
        (PUBLISHED["Qwen/Qwen3.5-4B"], "", 528),
        (QWEN_35_27B, "-tp 2 --kv-cache-dtype=fp8", 1568),
    ],
)
def test_the_block_beside_a_state(config: dict[str, Any], arguments: str, tokens: int) -> None:
    assert block(config, arguments) == tokens


def test_a_state_is_kept_twice_with_prefix_caching() -> None:
    once = needed(QWEN_35_27B, "--max-model-len=4096")
    assert needed(QWEN_35_27B, "--max-model-len=4096 --enable-prefix-caching") > once
    assert needed(QWEN_35_27B, "--max-model-len=4096", "0.26.0") > once


def test_chunks_hold_a_chunk_and_a_batch() -> None:
    llama4 = {
        "model_type": "llama4",
        "text_config": {
            "model_type": "llama4_text",
            "attention_chunk_size": 8192,
            "head_dim": 128,
            "hidden_size": 5120,
            "interleave_moe_layer_step": 1,
            "intermediate_size": 8192,
            "intermediate_size_mlp": 16384,
            "max_position_embeddings": 1_048_576,
            "num_attention_heads": 40,
            "num_experts_per_tok": 1,
            "num_hidden_layers": 48,
            "num_key_value_heads": 8,
            "num_local_experts": 16,
            "vocab_size": 202_048,
        },
    }
    page = 16 * 8 * 256 * 2
    full, chunked = 131_072 // 16, (8192 + 2048) // 16
    assert needed(llama4, "--max-model-len=131072") == pytest.approx(12 * page * (full + 3 * chunked) / GIB, abs=0.005)


def test_shared_layers_of_gemma_4_keep_nothing() -> None:
    # "GPU KV cache size: 224,353 tokens" with 4.10 GiB on vLLM 0.22: only 24 of 42 layers keep something.
    architecture = read_architecture(PUBLISHED["google/gemma-4-E4B-it"])
    assert sum(layer.cache is not None for layer in architecture.layers) == 24


@pytest.mark.parametrize(
    ("ranks", "channels", "heads"), [(1, 4096 + 2 * 8 * 128, 64), (16, (4096 + 2 * 16 * 128) // 16, 4)]
)
def test_the_state_of_mamba_2_copies_groups_that_ranks_cannot_share(ranks: int, channels: int, heads: int) -> None:
    # Nemotron 3 Nano: 64 heads of 64, 8 groups, states of 128, a convolution over 4 tokens of which 3 are kept.
    state = Mamba2(2688, 64, 64, 8, 128, 4, 4).cache()
    assert state_bytes(state, ranks, 2) == channels * 3 * 2 + heads * 64 * 128 * 4
