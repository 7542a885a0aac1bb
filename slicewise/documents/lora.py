"""LoRA adapters: small changes of a model that are served beside it, each under a name of its own."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StrictStr

from slicewise.documents.base import Count, Frozen
from slicewise.documents.model_source import (
    S3,
    AdapterRepository,
    ModelSource,
    PersistentVolumeClaim,
    Weights,
)
from slicewise.documents.patterns import Pattern

# Also the directory that KServe puts it in, /mnt/lora/NAME: what it would replace there could meet another name.
ADAPTER_NAME: Final = Pattern(
    r"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
    "letters, digits, -, _ and ., beginning and ending with a letter or digit",
)
# KServe v0.20 takes no adapters from images: one image a pod holds weights (its controller, workload_lora.go).
ADAPTER_SOURCES: Final = (ModelSource.HUGGING_FACE, ModelSource.S3, ModelSource.PERSISTENT_VOLUME_CLAIM)


ADAPTER_VOLUME: Final = "lora-pvc-"
"""What KServe's names of the volumes of adapters begin with; the adapter's name follows."""


class LoraAdapter(Frozen):
    """An adapter: its name, and where its weights come from, by the one block that it has."""

    name: Annotated[StrictStr, ADAPTER_NAME.field(100)]
    """The name in API requests."""
    source: Literal["HuggingFace", "S3", "PersistentVolumeClaim"] | None = None
    """Where its weights come from; if omitted, the block that is there tells."""
    hugging_face: AdapterRepository | None = None
    """For source HuggingFace: the repository."""
    s3: S3 | None = None
    """For source S3: the directory."""
    persistent_volume_claim: PersistentVolumeClaim | None = None
    """For source PersistentVolumeClaim: the volume."""

    @property
    def weights(self) -> Weights:
        """The one block that a valid document has."""
        blocks = (self.hugging_face, self.s3, self.persistent_volume_claim)
        return next(block for block in blocks if block is not None)


class Lora(Frozen):
    """The adapters that are served with a model."""

    adapters: Annotated[tuple[LoraAdapter, ...], Field(min_length=1, max_length=64)]
    """The adapters."""
    max_rank: Literal[1, 8, 16, 32, 64, 128, 256, 320, 512] | None = None
    """The highest rank of an adapter, one of vLLM's steps; vLLM takes 16 if omitted."""
    max_adapters: Count | None = None
    """How many adapters one batch of requests may use; vLLM takes 1 if omitted."""
