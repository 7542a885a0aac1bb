"""Where weights come from, as KServe v0.20 reads it: addresses, adapters and credentials."""

from __future__ import annotations

from typing import Any, Final

from slicewise.documents import (
    ADAPTER_VOLUME,
    Lora,
    LoraAdapter,
    ModelSpec,
    PersistentVolumeClaim,
    adapter_directory,
    download_directory,
    s3_secret,
    token_secret,
    weights_uri,
)
from slicewise.manifests.source_map import FieldSource, SourcePart
from slicewise.manifests.vocabulary import KubernetesObject

# The keys under which KServe looks for credentials in a service account's Secrets (pkg/credentials/s3).
_S3_KEYS: Final = {"AWS_ACCESS_KEY_ID": "awsAccessKeyID", "AWS_SECRET_ACCESS_KEY": "awsSecretAccessKey"}

MODEL_SOURCES: Final = (
    FieldSource("spec.model.name", SourcePart.SERVED_NAME),
    FieldSource("spec.model.lora", SourcePart.MODEL, ("spec", "lora")),
    FieldSource("spec.model", SourcePart.WEIGHTS),
)
"""What the fields of a service's model are made of."""


def model_spec(model: ModelSpec, name: str) -> KubernetesObject:
    """Return a service's model: where its weights are, what clients call it, and its adapters."""
    spec: KubernetesObject = {"uri": weights_uri(model.weights), "name": name}
    if model.lora:
        spec["lora"] = _lora(model.lora)
    return spec


def _lora(lora: Lora) -> dict[str, Any]:
    numbers = {"maxRank": lora.max_rank, "maxAdapters": lora.max_adapters}
    # Sorted, as KServe's controller does with them: their order means nothing.
    adapters = sorted(lora.adapters, key=lambda adapter: adapter.name)
    return {
        "adapters": [{"name": adapter.name, "uri": weights_uri(adapter.weights)} for adapter in adapters],
        **{name: number for name, number in numbers.items() if number is not None},
    }


def adapter_mounts(model: ModelSpec) -> list[KubernetesObject]:
    """Return the mounts of adapters on volumes for the container that downloads, where the engine needs them there.

    KServe v0.20 mounts such a volume inside of the directory with the downloads, which the engine may only read: there
    a container runtime cannot make the place for a mount ("read-only file system"), and the engine's container is not
    created. Mounted in the init container too, which may write, the place is there already.
    """
    if model.lora is None:
        return []
    directory = download_directory(model.weights, model.lora)
    adapters = sorted(model.lora.adapters, key=lambda adapter: adapter.name)
    return [
        _mount(adapter, adapter.persistent_volume_claim)
        for adapter in adapters
        if adapter.persistent_volume_claim and directory and adapter_directory(adapter).startswith(f"{directory}/")
    ]


def _mount(adapter: LoraAdapter, volume: PersistentVolumeClaim) -> KubernetesObject:
    path = {"subPath": volume.path} if volume.path else {}
    name = f"{ADAPTER_VOLUME}{adapter.name}"
    return {"name": name, "mountPath": adapter_directory(adapter), "readOnly": True, **path}


def credentials(model: ModelSpec) -> list[KubernetesObject]:
    """Return the environment variables of the container that downloads: the token and keys that it may need."""
    found = []
    if token := token_secret(model):
        found.append(_from_secret("HF_TOKEN", token.name, token.key))
    if secret := s3_secret(model):
        found += [_from_secret(variable, secret, key) for variable, key in _S3_KEYS.items()]
    return found


def _from_secret(variable: str, secret: str, key: str) -> KubernetesObject:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
