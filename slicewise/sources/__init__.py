"""Text that people write, read with its positions and within limits: files, YAML, values and secrets in it.

`read_all` reads files, directories and standard input; `parse_documents` yields the YAML documents of one, each of
which knows the line of every field.
"""

from slicewise.sources.files import DIRECTORIES_BELOW, path_meant, read_all
from slicewise.sources.gc_pause import paused_collector
from slicewise.sources.issued_tokens import HUGGING_FACE, issued_token
from slicewise.sources.json_object import JsonObject, read_json_object
from slicewise.sources.lazy_face import lazy_attributes
from slicewise.sources.model_config import (
    QUANTIZATION_FILE,
    lacks_quantization,
    read_model_config,
    with_quantization,
)
from slicewise.sources.parsed_values import ERROR, EXPECTED, HIDDEN, UnusableTextError, Written
from slicewise.sources.secret_words import is_harmless, names_secret
from slicewise.sources.untrusted_yaml import NotPlainYamlError, read_plain
from slicewise.sources.yaml_source import SourceDocument, parse_documents

__all__ = [
    "DIRECTORIES_BELOW",
    "ERROR",
    "EXPECTED",
    "HIDDEN",
    "HUGGING_FACE",
    "QUANTIZATION_FILE",
    "JsonObject",
    "NotPlainYamlError",
    "SourceDocument",
    "UnusableTextError",
    "Written",
    "is_harmless",
    "issued_token",
    "lacks_quantization",
    "lazy_attributes",
    "names_secret",
    "parse_documents",
    "path_meant",
    "paused_collector",
    "read_all",
    "read_json_object",
    "read_model_config",
    "read_plain",
    "with_quantization",
]
