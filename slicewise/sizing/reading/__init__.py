"""From a model's `config.json` to its architecture, one file for each kind of model."""

from slicewise.sizing.reading.config import read_architecture
from slicewise.sizing.reading.model_types import KNOWN_MODEL_TYPES, UnknownModelTypeError

__all__ = ["KNOWN_MODEL_TYPES", "UnknownModelTypeError", "read_architecture"]
