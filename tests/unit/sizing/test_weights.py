"""Weights by their shapes, against published numbers of parameters and what vLLM's code does with them."""

from __future__ import annotations

from typing import Any

import pytest

from slicewise.sizing import engine_memory, parse_version, read_architecture, read_options
from tests.unit.sizing.configs import GEMMA_27B, GIB, GPT_OSS_20B, LLAMA_8B, PUBLISHED, QWEN_7B, QWEN_35_27B, sized


def weights(config: dict[str, Any], arguments: str = "", version: str = "0.19.0") -> int:
    return engine_memory(read_architecture(config), read_options(arguments.split()), parse_version(version)).weights


# From the metadata of each repository's safetensors files.
PARAMETERS = {
    "Llama-3.1-8B": 8_030_261_248,
    "Qwen/Qwen2.5-7B-Instruct": 7_615_616_512,
    "Qwen/Qwen2.5-0.5B-Instruct": 494_032_768,
    "Qwen/Qwen3-8B": 8_190_735_360,
    "Qwen/Qwen3-30B-A3B": 30_532_122_624,
    "google/gemma-2-9b-it": 9_241_705_984,
    "google/gemma-3-27b-it": 27_432_406_640,
    "google/gemma-7b": 8_537_680_896,
    "microsoft/phi-2": 2_779_683_840,
    "mistralai/Mixtral-8x7B-Instruct-v0.1": 46_702_792_704,
}


@pytest.mark.parametrize("model", PARAMETERS)
def test_tensors_add_up_to_the_published_number_of_parameters(model: str) -> None:
    architecture = read_architecture(PUBLISHED[model])
    layers = [tensor for layer in architecture.layers for tensor in layer.tensors]
    counted = sum(
        tensor.rows * tensor.columns * tensor.count for tensor in (*layers, *architecture.outside, *architecture.towers)
    )
    assert counted == pytest.approx(PARAMETERS[model], rel=2e-4)


def test_a_tied_head_is_counted_once() -> None:
    untied = weights({**QWEN_7B, "tie_word_embeddings": False})
    tied = weights({**QWEN_7B, "tie_word_embeddings": True})
    assert untied - tied == pytest.approx(152_064 * 3584 * 2, rel=0.01)


def test_padded_experts_of_gpt_oss() -> None:
    # 12.8 GiB by shapes; logs of vLLM have 13.5 to 13.7, as hidden sizes are padded to 256 and widths to 128.
    assert 13.5 < weights(GPT_OSS_20B) / GIB < 13.75


def test_fp8_made_while_loading() -> None:
    # "Model loading took 8.49 GiB" for Llama 3.1 8B in FP8 on vLLM 0.19.
    assert weights(LLAMA_8B, "--quantization=fp8") / GIB == pytest.approx(8.49, abs=0.01)


def test_the_images_of_a_text_server_are_not_loaded() -> None:
    saved = weights(GEMMA_27B) - weights(GEMMA_27B, "--language-model-only")
    # SigLIP So400m is 0.43 billion parameters.
    assert saved / 2 == pytest.approx(0.43e9, rel=0.03)


@pytest.mark.parametrize(
    ("model", "limits", "left_out"),
    [
        ("google/gemma-3-4b-it", '{"image":0}', True),
        ("Qwen/Qwen3.5-4B", '{"image":0,"video":0}', True),
        # Their encoders are for videos, too (vLLM v0.23, models/interfaces.py, _mark_tower_model).
        ("Qwen/Qwen3.5-4B", '{"image":0}', False),
        ("google/gemma-4-E4B-it", '{"image":0,"audio":0}', False),
        ("google/gemma-3-4b-it", '{"image":1}', False),
    ],
)
def test_an_encoder_that_no_request_needs_is_not_loaded(model: str, limits: str, *, left_out: bool) -> None:
    config = PUBLISHED[model]
    whole, language = weights(config), weights(config, "--language-model-only")
    found = weights(config, f"--limit-mm-per-prompt={limits}")
    if model == "google/gemma-4-E4B-it":
        # The encoder of audio goes, that of images stays.
        assert language < found < whole
    else:
        assert found == (language if left_out else whole)
    assert language < whole


def test_of_gemmas_encoder_fp8_takes_attention_alone() -> None:
    # Its feed-forward layers are 4304 wide, which is no multiple of 64 (vLLM v0.23, models/siglip.py).
    saved = weights(GEMMA_27B, "-q fp8") - weights(GEMMA_27B, "-q fp8 --language-model-only")
    attention, feed_forward, rest = 27 * 4 * 1152**2, 27 * 2 * 1152 * 4304, (5376 + 4096 + 588) * 1152
    assert saved == pytest.approx(attention + 2 * (feed_forward + rest), rel=0.01)


def test_positions_of_three_axes_are_held_four_times() -> None:
    # vLLM v0.23, rotary_embedding/mrope.py, cache_max_position_num.
    (rotary,) = read_architecture(QWEN_35_27B).rotaries
    assert (rotary.positions, rotary.size) == (4 * 262_144, 64)


@pytest.mark.parametrize(
    ("kind", "positions"),
    [
        ("qwen2_vl", 32_768),
        ("qwen2_5_vl", 32_768),
        ("qwen3_vl", 128_000),
        ("qwen3_vl_moe", 128_000),
        ("qwen3_5", 32_768),
        ("qwen3_5_moe", 32_768),
    ],
)
def test_models_of_images_hold_three_axes_where_their_config_says_nothing_of_it(kind: str, positions: int) -> None:
    text = {"model_type": f"{kind}_text", "max_position_embeddings": positions}
    (rotary,) = read_architecture({"model_type": kind, "text_config": text}).rotaries
    assert rotary.positions == 4 * positions


def test_ranks_share_weights_and_copy_heads() -> None:
    whole = weights(QWEN_7B)
    assert weights(QWEN_7B, "-tp 2") == pytest.approx(whole / 2, rel=0.01)
    # Four heads of keys and values: eight ranks hold one each, so twice as many.
    eighth = weights({**QWEN_7B, "num_attention_heads": 32, "head_dim": 112}, "-tp 8")
    assert eighth > weights({**QWEN_7B, "num_attention_heads": 32, "head_dim": 112}) / 8


def test_the_fullest_stage_of_a_pipeline_has_the_most_layers() -> None:
    # 28 layers over 3 stages are 9, 10 and 9; the first has the embedding, the last the head, each 1.02 GiB.
    assert weights(QWEN_7B, "-pp 3") < weights(QWEN_7B) / 2
    assert weights(QWEN_7B, "-pp 3") > weights(QWEN_7B) / 3


def test_large_tensors_take_whole_blocks_since_0_21() -> None:
    # Logs have 14.25 on 0.19 and 14.29 on 0.22.
    assert weights(QWEN_7B, "", "0.19.0") / GIB == pytest.approx(14.25, abs=0.005)
    assert weights(QWEN_7B, "", "0.22.0") / GIB == pytest.approx(14.29, abs=0.005)


def test_four_bits_of_gptq_and_awq() -> None:
    grouped = {"bits": 4, "group_size": 128}
    gptq = weights({**QWEN_7B, "quantization_config": {"quant_method": "gptq", "desc_act": False, **grouped}})
    awq = weights({**QWEN_7B, "quantization_config": {"quant_method": "awq", "zero_point": True, **grouped}})
    # Linear layers have 6.525 billion weights, at 4 bits, a scale of 16 and a zero point of 4 for each 128.
    linears = 6.525e9 * (0.5 + 2.5 / 128)
    assert gptq == awq == pytest.approx(linears + 2 * 152_064 * 3584 * 2, rel=0.005)


def test_layers_that_a_config_excludes_stay_as_they_are() -> None:
    scheme = {
        "quant_method": "compressed-tensors",
        "format": "float-quantized",
        "config_groups": {"group_0": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float"}}},
    }
    all_layers = weights({**LLAMA_8B, "quantization_config": {**scheme, "ignore": ["lm_head"]}})
    without = weights({**LLAMA_8B, "quantization_config": {**scheme, "ignore": ["lm_head", "re:.*self_attn.*"]}})
    attention = 32 * (4096 * 4096 * 2 + 2 * 1024 * 4096)
    assert without - all_layers == pytest.approx(attention, rel=0.001)
    first = weights({**LLAMA_8B, "quantization_config": {**scheme, "ignore": ["model.layers.0.mlp.down_proj"]}})
    assert first - all_layers == pytest.approx(4096 * 14336, rel=0.02)


def test_nvfp4_of_modelopt_with_wildcards() -> None:
    config = {"quant_method": "modelopt", "quant_algo": "NVFP4", "ignore": ["lm_head", "model.layers.*.self_attn*"]}
    found = weights({**LLAMA_8B, "quantization_config": config})
    feed_forward, attention = 32 * 3 * 4096 * 14336, 32 * (4096 * 4096 * 2 + 2 * 1024 * 4096)
    rest = 2 * 128_256 * 4096 * 2 + 131_072 * 128 * 2
    assert found == pytest.approx(feed_forward * (0.5 + 1 / 16) + attention * 2 + rest, rel=0.002)


@pytest.mark.parametrize("where", ["quantization_config", "compression_config", "text_config"])
def test_where_a_config_says_how_weights_are_held(where: str) -> None:
    scheme = {"quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": [128, 128]}
    text = GEMMA_27B["text_config"]
    inside = {"text_config": {**text, "quantization_config": scheme}} if where == "text_config" else {where: scheme}
    assert weights({**GEMMA_27B, **inside}) < 0.56 * weights(GEMMA_27B)


def test_latent_attention_holds_its_expansion_twice() -> None:
    # "Model loading took 29.43 GiB" for 15.7 billion parameters, which are 29.26 GiB.
    assert weights(PUBLISHED["deepseek-ai/DeepSeek-V2-Lite-Chat"]) / GIB == pytest.approx(29.43, abs=0.01)


def test_states_of_qwen_3_5() -> None:
    # 27.8 billion parameters with the encoder of images, and positions four times (mrope).
    assert weights(QWEN_35_27B) / GIB == pytest.approx(27.36e9 * 2 / GIB, rel=0.01)


def test_how_modelopt_quantised_as_its_own_file_has_it() -> None:
    file = {"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "FP8", "exclude_modules": ["lm_head"]}}
    assert weights({**LLAMA_8B, "quantization_config": file}) / GIB == pytest.approx(8.49, abs=0.01)


INT4 = {"num_bits": 4, "type": "int", "group_size": 128, "symmetric": True, "strategy": "group"}
NVFP4 = {"quant_method": "modelopt", "quant_algo": "NVFP4"}
COMPRESSED = {"quant_method": "compressed-tensors", "config_groups": {"0": {"targets": ["Linear"], "weights": INT4}}}
ROUNDED = {"quant_method": "auto-round", "bits": 4, "group_size": 128}


@pytest.mark.parametrize(
    "scheme",
    [
        # Two of four weights are left out, so that it takes less than four bits of each.
        {**COMPRESSED, "format": "marlin-24"},
        {**COMPRESSED, "format": "pack-quantized", "transform_config": {"config_groups": {"u": {"type": "hadamard"}}}},
        {**COMPRESSED, "format": "int-quantized"},
        {**ROUNDED, "extra_config": {"lm_head": {"bits": 4}}},
        {**ROUNDED, "quant_lm_head": True},
        {**ROUNDED, "to_quant_block_names": ["model.layers.0"]},
        {**NVFP4, "kv_cache_quant_algo": "NVFP4"},
        {**NVFP4, "kv_cache_scheme": {"num_bits": 4, "type": "float"}},
    ],
    ids=str,
)
def test_what_is_not_computed_of_a_method_is_not_judged(scheme: dict[str, Any]) -> None:
    found = sized({**LLAMA_8B, "quantization_config": scheme}, "", 39.5)
    assert (found.verdict, found.weights) == ("not-judged", None)


def test_auto_round_may_say_that_all_blocks_are_quantised() -> None:
    said = {**ROUNDED, "block_name_to_quantize": "model.layers"}
    assert weights({**LLAMA_8B, "quantization_config": said}) == weights({**LLAMA_8B, "quantization_config": ROUNDED})


@pytest.mark.parametrize("method", ["gguf", "bitsandbytes", "torchao", "quark", "next-year"])
def test_an_unknown_method_is_not_judged(method: str) -> None:
    found = sized({**QWEN_7B, "quantization_config": {"quant_method": method}}, "", 39.5)
    assert (found.verdict, found.weights) == ("not-judged", None)
    assert method in found.reasons[0].text
