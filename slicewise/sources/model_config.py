"""A model's `config.json`, with what a file beside it says of how the weights are quantised.

ModelOpt up to 0.29 wrote that to `hf_quant_config.json`; vLLM takes it where config.json does not say so (v0.23,
transformers_utils/config.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from slicewise.sources.json_object import JsonObject, read_json_object

QUANTIZATION_FILE: Final = "hf_quant_config.json"
_KEY: Final = "quantization_config"


def read_model_config(path: Path) -> JsonObject:
    """Read a config.json, and the file beside it where that alone says how the weights are quantised.

    Raises:
        InvalidInputError: One of the two cannot be read, or is not a JSON object: see `read_json_object`.
    """
    config = read_json_object(path)
    beside = path.with_name(QUANTIZATION_FILE)
    if not lacks_quantization(config.data) or not beside.is_file():
        return config
    other = read_json_object(beside)
    return replace(config, data=with_quantization(config.data, other.data), parts={_KEY: other})


def lacks_quantization(config: Mapping[str, Any]) -> bool:
    """Return whether a config does not say how the weights are quantised, so that the other file counts."""
    return config.get(_KEY) is None


def with_quantization(config: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config with what the other file holds."""
    return {**config, _KEY: dict(other)}
