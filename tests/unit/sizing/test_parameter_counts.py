"""Parameters by the shapes read from a config, against the models that transformers builds from it.

`parameter_counts.json` was made with transformers 5.24 and PyTorch on its `meta` device: of each type, the config of
its class with six layers, and how many parameters the model has; then the same with one switch turned. `left_out` has
configs as transformers 4.57 saves them, whose decoders and encoders inside leave out what their classes have. Of LLaVA
and Gemma 3, what vLLM does not load (the encoder's last layer, its pooling head) was subtracted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from slicewise.sizing import Architecture, read_architecture

COUNTS: Final[dict[str, dict[str, Any]]] = json.loads(
    Path(__file__).with_name("parameter_counts.json").read_text(encoding="utf-8")
)
# Biases of norms in a few families are not told apart.
CLOSE: Final = 1e-4


def parameters(architecture: Architecture) -> int:
    """Count as transformers does: what vLLM holds a second time for latent attention is not counted."""
    layers = (tensor for layer in architecture.layers for tensor in layer.tensors if "absorbed" not in tensor.name)
    return sum(
        tensor.rows * tensor.columns * tensor.count for tensor in (*layers, *architecture.outside, *architecture.towers)
    )


def cases() -> Iterator[Any]:
    for kind, case in COUNTS["built"].items():
        yield pytest.param(case["config"], case["parameters"], id=kind)
        for name, (value, counted) in case["changes"].items():
            yield pytest.param(turned(case["config"], name, value=value), counted, id=f"{kind}-{name}={value}")
    for kind, case in COUNTS["left_out"].items():
        yield pytest.param(case["config"], case["parameters"], id=f"{kind}-left-out")


def turned(config: dict[str, Any], name: str, *, value: bool) -> dict[str, Any]:
    if "text_config" not in config:
        return {**config, name: value}
    outer = {name: value} if name == "tie_word_embeddings" else {}
    return {**config, **outer, "text_config": {**config["text_config"], name: value}}


@pytest.mark.parametrize(("config", "counted"), [*cases()])
def test_shapes_have_as_many_parameters_as_the_built_model(config: dict[str, Any], counted: int) -> None:
    assert parameters(read_architecture(config)) == pytest.approx(counted, rel=CLOSE)


def test_a_decoder_inside_that_says_nothing_is_what_its_class_is() -> None:
    # Of Qwen2.5-VL-72B's decoder, transformers 4.57 writes the type alone: 73.4 billion parameters with its encoder.
    config = {
        "model_type": "qwen2_5_vl",
        "text_config": {"model_type": "qwen2_5_vl_text"},
        "vision_config": {"hidden_size": 1280, "intermediate_size": 3456, "out_hidden_size": 8192},
    }
    assert parameters(read_architecture(config)) == pytest.approx(73.41e9, rel=0.001)
