"""`read_architecture`: from the mapping of a `config.json` to the model's architecture."""

from __future__ import annotations

from collections.abc import Mapping

from slicewise.sizing.architecture import Architecture
from slicewise.sizing.reading.fields import Fields
from slicewise.sizing.reading.model_types import read_model
from slicewise.sizing.reading.quantization_config import read_quantization


def read_architecture(config: Mapping[str, object]) -> Architecture:
    """Read a model's `config.json`, as `json` or YAML parses it.

    Args:
        config: The mapping. Fields that memory does not depend on are not looked at.

    Returns:
        The architecture. Where the quantisation method is not known, its `quantization.unknown` says so.

    Raises:
        UnknownModelTypeError: The `model_type` is not known (`MODEL_TYPE_UNKNOWN`): see `not_judged`.
        InvalidInputError: A field that is needed is missing (`CONFIG_INCOMPLETE`) or is not what it must be
            (`CONFIG_VALUE`); the diagnostic names the field.
    """
    fields = Fields(config)
    return read_model(fields, read_quantization(fields))
