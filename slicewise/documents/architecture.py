"""What a model is made of, by its own `config.json`: whether it fits a slice is computed from that."""

from __future__ import annotations

import json
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictInt, StrictStr

from slicewise.diagnostics import Diagnostic, InvalidInputError
from slicewise.documents.base import Frozen
from slicewise.sizing import Architecture, checkpoint_differs, read_architecture

# 64 TiB: the largest checkpoints have a few.
_MOST_BYTES = 2**46


class ModelArchitecture(Frozen):
    """The model's `config.json`, and the bytes of its checkpoint."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["config"]}, {"required": ["configFile"]}]},
    )

    config: dict[str, Any] | None = None
    """The model's config.json as it is."""
    config_file: Annotated[StrictStr, Field(min_length=1, max_length=4096)] | None = None
    """The same as a file: its path, relative to the document's directory; config counts where both are written."""
    checkpoint_bytes: Annotated[StrictInt, Field(ge=1, le=_MOST_BYTES)] | None = None
    """Bytes of the safetensors files, where known: the config is checked by them."""

    @cached_property
    def found(self) -> Architecture | tuple[Diagnostic, ...]:
        """What the config says, or what is wrong with it; each field is a path in the config."""
        try:
            return read_architecture(self.config or {})
        except InvalidInputError as error:
            return tuple(error.problems)

    @property
    def known(self) -> Architecture | None:
        """What the config says; None where it cannot be read, or is of a type that is not known."""
        return self.found if isinstance(self.found, Architecture) else None

    @cached_property
    def contradiction(self) -> str:
        """How the bytes of the checkpoint contradict the config; empty where they do not."""
        if self.known is None or self.checkpoint_bytes is None:
            return ""
        return checkpoint_differs(self.known, self.checkpoint_bytes)

    @cached_property
    def digest(self) -> bytes:
        """The same for the same config and bytes."""
        # YAML has keys that are not text (`id2label: {0: a, b: c}`), which JSON cannot sort.
        written = json.dumps([self.config, self.checkpoint_bytes], skipkeys=True, default=str)
        return sha256(written.encode("utf-8", "surrogatepass")).digest()
