"""What a model is made of, by its own `config.json`: whether it fits a slice is computed from that."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictInt, StrictStr

from slicewise import sizing
from slicewise.diagnostics import Diagnostic, InvalidInputError
from slicewise.documents.base import Frozen
from slicewise.documents.engine_judge import SizedEngine

# Distinct configs of a fleet; more are read again.
_MOST_CONFIGS = 4096
# 64 TiB: the largest checkpoints have a few.
_MOST_BYTES = 2**46


class ModelArchitecture(Frozen):
    """The model's `config.json`, and the size of its checkpoint."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["config"]}, {"required": ["configFile"]}]},
    )

    config: dict[str, Any] | None = None
    """The model's config.json, unchanged."""
    config_file: Annotated[StrictStr, Field(min_length=1, max_length=4096)] | None = None
    """The same as a file: its path, relative to the document's directory; if both are given, config is used."""
    checkpoint_bytes: Annotated[StrictInt, Field(ge=1, le=_MOST_BYTES)] | None = None
    """Size of the safetensors files in bytes, if known: the config is checked against it."""

    @cached_property
    def found(self) -> sizing.Architecture | tuple[Diagnostic, ...]:
        """What the config says, or what is wrong with it; each field is a path in the config."""
        return _read(_Config(self.digest, self.config or {}))

    @property
    def known(self) -> sizing.Architecture | None:
        """What the config says; None if it cannot be read, or its type is not known."""
        return self.found if isinstance(self.found, sizing.Architecture) else None

    @cached_property
    def contradiction(self) -> str:
        """How the checkpoint's size contradicts the config; empty if it does not."""
        if self.known is None or self.checkpoint_bytes is None:
            return ""
        return sizing.checkpoint_differs(self.known, self.checkpoint_bytes)

    @cached_property
    def digest(self) -> bytes:
        """The same for the same config."""
        return _digest(self.config)

    @cached_property
    def engines(self) -> dict[tuple[object, ...], SizedEngine]:
        """Its engines by what documents say of them: the same for all models of one config and checkpoint."""
        return _engines(self.digest, self.checkpoint_bytes)


@dataclass(frozen=True, slots=True)
class _Config:
    """A config by its digest: many models of a fleet have one."""

    digest: bytes
    content: dict[str, Any] = field(compare=False, repr=False)


@lru_cache(_MOST_CONFIGS)
def _read(config: _Config) -> sizing.Architecture | tuple[Diagnostic, ...]:
    try:
        return sizing.read_architecture(config.content)
    except InvalidInputError as error:
        return tuple(error.problems)


@lru_cache(_MOST_CONFIGS)
def _engines(_digest: bytes, _checkpoint_bytes: int | None) -> dict[tuple[object, ...], SizedEngine]:
    return {}


def _digest(value: object) -> bytes:
    """Return one digest for data that say the same: whatever the order of keys, and however deep they are."""
    said: list[object] = []
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            # YAML has keys that are not text (`id2label: {0: a, b: c}`).
            entries = sorted((type(key).__name__, str(key), number) for number, key in enumerate(each))
            values = list(each.values())
            said.append(["map", [entry[:2] for entry in entries]])
            left.extend(values[number] for _, _, number in entries)
        elif isinstance(each, list):
            said.append(["list", len(each)])
            left.extend(each)
        else:
            said.append([type(each).__name__, each])
    return sha256(json.dumps(said, default=str).encode("utf-8", "surrogatepass")).digest()
