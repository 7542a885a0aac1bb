"""What the config classes of models have where real files leave it out.

A file that `transformers` writes holds every field of the model itself, but of a decoder inside (`text_config`) only
what differs from its class; Gemma 3's also lack the vocabulary. Source: transformers v5.23, `configuration_*.py`, and
for `sliding_window_pattern` v4.51. What tells the sizes of one family apart is not among them: width and layers are
left out only by LLaVA, whose decoders are the 7B that their classes describe.
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

INSIDE: Final[Mapping[str, Mapping[str, object]]] = {
    "mistral": _MISTRAL,
    "llama": _LLAMA,
    "gemma3_text": _GEMMA3,
    "gemma4_text": _GEMMA4,
    "qwen2": _QWEN2,
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
