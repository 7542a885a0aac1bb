"""All weights of a model, with those of its adapters: what is downloaded, with which credentials, and how much."""

from __future__ import annotations

import posixpath
from typing import Final

from slicewise import sizing
from slicewise.documents.base import SecretReference
from slicewise.documents.lora import Lora, LoraAdapter
from slicewise.documents.model_source import S3, Oci, PersistentVolumeClaim, Repository, Weights
from slicewise.documents.served_model import ModelSpec
from slicewise.kubernetes import Quantity

# KServe v0.20, pkg/constants: CpuModelcarDefault and MemoryModelcarDefault, also its chart's; requests and limits.
MODEL_IMAGE_CPU: Final = Quantity.parse("10m")
"""CPU of the container that KServe makes of an image of weights."""
MODEL_IMAGE_MEMORY: Final = Quantity.parse("15Mi")
"""Memory of the same container."""

MODELS: Final = "/mnt/models"
"""Where KServe's command looks for a model's own weights."""
ADAPTERS: Final = "/mnt/lora"
"""Where KServe puts adapters."""


def all_weights(model: ModelSpec) -> tuple[Weights, ...]:
    """Return where the weights of a valid model come from, and then those of its adapters."""
    return (model.weights, *(adapter.weights for adapter in (model.lora.adapters if model.lora else ())))


def is_downloaded(weights: Weights) -> bool:
    """Return whether KServe's init container fetches weights before the engine starts."""
    return isinstance(weights, Repository | S3)


def is_in_image(weights: Weights) -> bool:
    """Return whether weights are in an image, which KServe runs as a container beside the engine."""
    return isinstance(weights, Oci)


def adapter_directory(adapter: LoraAdapter) -> str:
    """Return where the engine finds an adapter (KServe v0.20's workload_lora.go)."""
    return f"{ADAPTERS}/{adapter.name}"


def download_directory(weights: Weights | None, lora: Lora | None) -> str | None:
    """Return the directory that KServe's init container and the engine share, which the engine may only read.

    It is the one above all that is downloaded (KServe v0.20's workload_storage.go): /mnt for a model with an adapter.
    None where nothing is.
    """
    downloads = [MODELS] if weights is not None and is_downloaded(weights) else []
    downloads += [adapter_directory(each) for each in (lora.adapters if lora else ()) if each.hugging_face or each.s3]
    return posixpath.commonpath(downloads) if downloads else None


def token_secret(model: ModelSpec) -> SecretReference | None:
    """Return the Secret of the token for Hugging Face, of which a valid model has one at most."""
    return next(
        (each.secret_ref for each in all_weights(model) if isinstance(each, Repository) and each.secret_ref), None
    )


def s3_secret(model: ModelSpec) -> str | None:
    """Return the name of the Secret with credentials for S3, of which a valid model has one at most."""
    stores = (each for each in all_weights(model) if isinstance(each, S3))
    return next((each.secret_ref.name for each in stores if each.secret_ref), None)


def pull_secrets(model: ModelSpec) -> tuple[str, ...]:
    """Return the names of the Secrets for registries of images that hold weights."""
    return tuple(
        each.pull_secret_ref.name for each in all_weights(model) if isinstance(each, Oci) and each.pull_secret_ref
    )


def volume_claims(model: ModelSpec) -> tuple[str, ...]:
    """Return the names of the PersistentVolumeClaims that hold weights, each once."""
    claims = (each.name for each in all_weights(model) if isinstance(each, PersistentVolumeClaim))
    return tuple(dict.fromkeys(claims))


def bytes_on_disk(model: ModelSpec) -> int | None:
    """Return what the weights of a valid model take of a node's ephemeral storage, in bytes, for one pod.

    KServe's init container downloads from Hugging Face and S3 into an emptyDir, and every pod has its own. A volume
    takes nothing. None where it is not known: of images, which nodes share, of adapters that are downloaded, and of
    models without an architecture. The safetensors files alone are counted.
    """
    if not is_downloaded(model.weights):
        base = 0 if isinstance(model.weights, PersistentVolumeClaim) else None
    else:
        base = _checkpoint_bytes(model)
    adapters = all_weights(model)[1:]
    return None if any(map(is_downloaded, adapters)) else base


def _checkpoint_bytes(model: ModelSpec) -> int | None:
    architecture = model.architecture
    if architecture is None:
        return None
    if architecture.checkpoint_bytes is not None:
        return architecture.checkpoint_bytes
    return sizing.stored_bytes(architecture.known) if architecture.known else None
