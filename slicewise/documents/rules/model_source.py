"""Rules of where weights come from: the block that goes with the source, and one set of credentials for a download."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, dotted
from slicewise.documents.model_source import ModelSource
from slicewise.documents.pod import PodSettings
from slicewise.documents.served_model import ServingProfile

MODELS: Final = "/mnt/models"
SPEC: Final[FieldPath] = ("spec",)


def check_source(source: ModelSource, present: AbstractSet[ModelSource]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the blocks of a model whose weights come from `source`; `present` are those it has."""
    yield from check_blocks(source, present, SPEC)


def check_blocks(source: ModelSource, present: AbstractSet[ModelSource], at: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the block of `source` is missing below `at`, and each block of another source that is there."""
    others = _in_order(present - {source})
    if source not in present and len(others) == 1:
        (other,) = others
        message = f"source {source} takes no {other.block} block"
        remedy = f'write "source: {other}", or {source.block} in place of {other.block}'
        yield Diagnostic.error(Code.SOURCE_BLOCK, message, remedy, field=(*at, other.block))
        return
    if source not in present:
        message = f'"{source.block}" is required in {dotted(at)}'
        yield Diagnostic.error(Code.MISSING_FIELD, message, "add it", field=(*at, source.block))
    for other in others:
        there = f" and remove {source.block}" if source in present else ""
        message = f"source {source} takes no {other.block} block"
        remedy = f'remove it, or write "source: {other}"{there}'
        yield Diagnostic.error(Code.SOURCE_BLOCK, message, remedy, field=(*at, other.block))


def check_own_weights(profile: ServingProfile, pod: PodSettings | None, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the engine of the profile at `path` serves /mnt/models, where KServe puts nothing without initializer.

    Args:
        profile: The profile.
        pod: What the model says of its pods.
        path: Where the profile is.
    """
    if profile.engine.command is not None or any(map(_mounts_models, (profile.pod, pod))):
        return
    message = (
        "without the storage initializer KServe v0.20 mounts no weights from any source, and its command is still "
        f"vllm serve {MODELS}, where nothing is"
    )
    remedy = (
        f"leave storageInitializer.enabled out; or write engine.command, which fetches the weights itself; or mount "
        f"them at {MODELS} with pod.volumes and pod.container.volumeMounts"
    )
    yield Diagnostic.error(Code.NO_WEIGHTS, message, remedy, field=path)


def _mounts_models(pod: PodSettings | None) -> bool:
    mounts = pod.container.volume_mounts if pod and pod.container else ()
    return any(mount.mount_path.rstrip("/") in (MODELS, "/mnt") for mount in mounts)


def _in_order(sources: AbstractSet[ModelSource]) -> Sequence[ModelSource]:
    return [source for source in ModelSource if source in sources]
