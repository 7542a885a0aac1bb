"""Configs of well-known models, as their repositories publish them, and short ways to size them."""

from __future__ import annotations

from typing import Any, Final

from bench.startup_logs import published_configs
from slicewise.sizing import Sizing, Unit, parse_version, read_architecture, read_options, size

GIB: Final = 1 << 30
PUBLISHED: Final = published_configs()
LLAMA_8B: Final = PUBLISHED["Llama-3.1-8B"]
QWEN_7B: Final = PUBLISHED["Qwen/Qwen2.5-7B-Instruct"]
GEMMA_27B: Final = PUBLISHED["google/gemma-3-27b-it"]
GPT_OSS_20B: Final[dict[str, Any]] = {
    "architectures": ["GptOssForCausalLM"],
    "attention_bias": True,
    "experts_per_token": 4,
    "head_dim": 64,
    "hidden_size": 2880,
    "intermediate_size": 2880,
    "layer_types": ["sliding_attention", "full_attention"] * 12,
    "max_position_embeddings": 131072,
    "model_type": "gpt_oss",
    "num_attention_heads": 64,
    "num_experts_per_tok": 4,
    "num_hidden_layers": 24,
    "num_key_value_heads": 8,
    "num_local_experts": 32,
    "quantization_config": {
        "modules_to_not_convert": [
            "model.layers.*.self_attn",
            "model.layers.*.mlp.router",
            "model.embed_tokens",
            "lm_head",
        ],
        "quant_method": "mxfp4",
    },
    "rope_scaling": {"factor": 32.0, "original_max_position_embeddings": 4096, "rope_type": "yarn"},
    "sliding_window": 128,
    "tie_word_embeddings": False,
    "vocab_size": 201088,
}
QWEN_35_27B: Final[dict[str, Any]] = {
    "model_type": "qwen3_5",
    "text_config": {
        "model_type": "qwen3_5_text",
        "attn_output_gate": True,
        "full_attention_interval": 4,
        "head_dim": 256,
        "hidden_size": 5120,
        "intermediate_size": 17408,
        "linear_conv_kernel_dim": 4,
        "linear_key_head_dim": 128,
        "linear_num_key_heads": 16,
        "linear_num_value_heads": 48,
        "linear_value_head_dim": 128,
        "mamba_ssm_dtype": "float32",
        "max_position_embeddings": 262144,
        "num_attention_heads": 24,
        "num_hidden_layers": 64,
        "num_key_value_heads": 4,
        "rope_parameters": {"mrope_section": [11, 11, 10], "partial_rotary_factor": 0.25, "rope_type": "default"},
        "vocab_size": 248320,
    },
    "tie_word_embeddings": False,
    "vision_config": {
        "deepstack_visual_indexes": [],
        "depth": 27,
        "hidden_size": 1152,
        "intermediate_size": 4304,
        "num_position_embeddings": 2304,
        "patch_size": 16,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
    },
}


def sized(config: dict[str, Any], arguments: str, memory_gib: float, version: str = "0.23.0") -> Sizing:
    """Size a model on a slice of so many GiB."""
    unit = Unit(round(memory_gib * GIB), is_slice=True)
    return size(read_architecture(config), read_options(arguments.split()), unit, parse_version(version))
