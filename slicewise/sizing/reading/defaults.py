"""What the config classes of models have where real files leave it out.

A file that `transformers` writes holds every field of the model itself, but of a decoder inside (`text_config`) only
what differs from its class; Gemma 3's also lack the vocabulary. Source: transformers v5.23, `configuration_*.py`, and
for `sliding_window_pattern` v4.51; v4.51, v4.57 and v5.24 have the same. Decoders inside go by the name of their own
class: a Qwen2.5-VL of 72B has the width and the layers that `qwen2_5_vl_text` has, and leaves them out. What tells the
sizes of one family apart is among them only where such files are published.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_MISTRAL: Final = {
    "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 8, "max_position_embeddings": 131072,
}  # fmt: skip
_LLAMA: Final = {
    "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
    "num_attention_heads": 32, "max_position_embeddings": 2048,
}  # fmt: skip
_GEMMA3: Final = {
    "vocab_size": 262208,
    "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "max_position_embeddings": 131072,
    "sliding_window": 4096,
}  # fmt: skip
_GEMMA4: Final = {
    "vocab_size": 262144,
    "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "global_head_dim": 512,
    "max_position_embeddings": 131072, "sliding_window": 512, "hidden_size_per_layer_input": 256,
}  # fmt: skip
_QWEN2: Final = {
    "vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 22016, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 32, "max_position_embeddings": 32768,
    "use_sliding_window": False,
}  # fmt: skip

# The class has no default, and the model rotates along three axes all the same (v5.23, modeling_qwen3_vl.py).
_THREE_AXES: Final = {"rope_scaling": {"rope_type": "default", "mrope_section": [24, 20, 20]}}
_QWEN2_VL: Final = {
    **_THREE_AXES,
    "vocab_size": 152064, "hidden_size": 8192, "intermediate_size": 29568, "num_hidden_layers": 80,
    "num_attention_heads": 64, "num_key_value_heads": 8, "max_position_embeddings": 32768,
    "use_sliding_window": False,
}  # fmt: skip
_QWEN3_VL: Final = {
    **_THREE_AXES,
    "vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 22016, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 32, "head_dim": 128, "max_position_embeddings": 128000,
}  # fmt: skip
_QWEN3_VL_MOE: Final = {
    **_THREE_AXES,
    "vocab_size": 151936, "hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 24,
    "num_attention_heads": 16, "num_key_value_heads": 16, "head_dim": 128, "max_position_embeddings": 128000,
    "num_experts": 60, "num_experts_per_tok": 4, "moe_intermediate_size": 1408,
}  # fmt: skip
_DELTA: Final = {
    **_THREE_AXES,
    "vocab_size": 248320, "num_attention_heads": 16, "head_dim": 256, "max_position_embeddings": 32768,
    "linear_num_key_heads": 16, "linear_num_value_heads": 32, "linear_key_head_dim": 128, "linear_value_head_dim": 128,
    "linear_conv_kernel_dim": 4,
}  # fmt: skip
_QWEN3_5: Final = {
    **_DELTA, "hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 32, "num_key_value_heads": 4,
}  # fmt: skip
_QWEN3_5_MOE: Final = {
    **_DELTA, "hidden_size": 2048, "num_hidden_layers": 40, "num_key_value_heads": 2, "num_experts": 256,
    "num_experts_per_tok": 8, "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512,
}  # fmt: skip
_LLAMA4: Final = {
    "vocab_size": 202048, "hidden_size": 5120, "intermediate_size": 8192, "intermediate_size_mlp": 16384,
    "num_hidden_layers": 48, "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128,
    "max_position_embeddings": 131072, "num_local_experts": 16, "num_experts_per_tok": 1, "attention_chunk_size": 8192,
}  # fmt: skip

INSIDE: Final[Mapping[str, Mapping[str, object]]] = {
    "mistral": _MISTRAL,
    "llama": _LLAMA,
    "gemma3_text": _GEMMA3,
    "gemma4_text": _GEMMA4,
    "qwen2": _QWEN2,
    "qwen2_vl_text": _QWEN2_VL,
    "qwen2_5_vl_text": _QWEN2_VL,
    "qwen3_vl_text": _QWEN3_VL,
    "qwen3_vl_moe_text": _QWEN3_VL_MOE,
    "qwen3_5_text": _QWEN3_5,
    "qwen3_5_moe_text": _QWEN3_5_MOE,
    "llama4_text": _LLAMA4,
}
"""Of decoders inside other models."""

ALONE: Final[Mapping[str, Mapping[str, object]]] = {
    "gemma": {"head_dim": 256},
    "gemma2": {"head_dim": 256},
    "gemma3_text": {"head_dim": 256},
    "qwen2": {"use_sliding_window": False},
    "qwen2_moe": {"use_sliding_window": False},
    "qwen3": {"use_sliding_window": False, "head_dim": 128},
    "qwen3_moe": {"use_sliding_window": False},
    "mimo": {"use_sliding_window": False},
    "gpt_oss": {"head_dim": 64, "attention_bias": True},
    "glm4": {"head_dim": 128},
    "glm": {"head_dim": 128},
    "nemotron_h": {"head_dim": 128},
    "qwen3_next": {"head_dim": 256},
}
"""Of models that are decoders."""
