"""Rules of KServe's storage initializer: adapters need it, and what is said of it needs something to download."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.diagnostics import Code, Diagnostic
from slicewise.documents.lora import Lora
from slicewise.documents.model_source import Weights
from slicewise.documents.model_weights import download_directory
from slicewise.documents.pod import StorageInitializer


def check_initializer_use(
    storage: StorageInitializer, weights: Weights | None, lora: Lora | None
) -> Iterator[Diagnostic]:
    """Yield adapters that nothing fetches or mounts, and variables and mounts of a container that is not made.

    Args:
        storage: What fetches the weights.
        weights: Where the model's own weights come from; None where that is wrong.
        lora: Its adapters.
    """
    if storage.enabled is False and lora:
        message = (
            "without the storage initializer KServe v0.20 refuses every adapter, those on volumes as well, and makes "
            "no pod"
        )
        remedy = (
            "leave storageInitializer.enabled out; or leave spec.lora out, and let engine.command load the adapters "
            "with --enable-lora and --lora-modules"
        )
        yield Diagnostic.error(Code.ADAPTERS_WITHOUT_INITIALIZER, message, remedy, field=("spec", "lora"))
    if weights is None:
        return
    if storage.enabled is False:
        why = "there is no storage initializer"
    elif download_directory(weights, lora) is None:
        why = "nothing is downloaded, so there is no storage initializer"
    else:
        return
    for field, said, what, of_engine in (
        ("env", storage.env, "these variables reach", "serving[].engine.env"),
        ("envFrom", storage.env_from, "these variables reach", "pod.container.envFrom"),
        ("volumeMounts", storage.volume_mounts, "these mounts are in", "pod.container.volumeMounts"),
    ):
        if said:
            instead = f"write them in {of_engine}, or leave them out" if storage.enabled is False else "leave them out"
            at = ("spec", "storageInitializer", field)
            yield Diagnostic.warning(Code.VARIABLES_UNUSED, f"{why}: {what} no container", instead, field=at)
