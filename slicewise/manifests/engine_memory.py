"""What the plan found of an engine and its unit, as annotations of the service, for policies to compare it with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from slicewise.documents import ModelSpec, NodePool, ServingProfile, offer_named
from slicewise.kubernetes import Quantity, canonical
from slicewise.manifests.vocabulary import (
    ENGINE_MEMORY_ANNOTATION,
    ENGINE_MEMORY_ENOUGH_ANNOTATION,
    ENGINE_VERSION_ANNOTATION,
    JUDGED_ENGINE_ANNOTATION,
    PREFILL_PREFIX,
    UNIT_MEMORY_ANNOTATION,
    KubernetesObject,
)
from slicewise.planning import judged_engine

_LENGTH: Final = 12


def engine_memory_annotations(
    model: ModelSpec,
    profile: ServingProfile,
    pool: NodePool,
    resource: str,
    container: KubernetesObject,
    *,
    is_prefill: bool = False,
) -> dict[str, str]:
    """Return the annotations; none for a model that does not say what it is made of.

    They are the service's own, not its pods': a verdict that becomes another replaces no pods.

    Args:
        model: What is served.
        profile: How.
        pool: The pool that it runs on.
        resource: Which of the pool's GPU resources its units are.
        container: The engine's container in the service.
        is_prefill: Whether it is the prefill workload, whose annotations have names of their own.
    """
    units = offer_named(pool, resource) if model.architecture else None
    found = judged_engine(model, profile, units) if units else None
    if found is None:
        return {}
    annotations = {
        ENGINE_MEMORY_ANNOTATION: found.verdict.value,
        JUDGED_ENGINE_ANNOTATION: engine_digest(container.get("image"), container.get("args", ())),
        UNIT_MEMORY_ANNOTATION: _written(found.unit_bytes),
    }
    if found.version is not None:
        annotations[ENGINE_VERSION_ANNOTATION] = str(found.version)
    if found.enough_bytes is not None:
        annotations[ENGINE_MEMORY_ENOUGH_ANNOTATION] = _written(found.enough_bytes)
    return {prefill_annotation(name): value for name, value in annotations.items()} if is_prefill else annotations


def prefill_annotation(name: str) -> str:
    """Return what an annotation of the engine is called for the prefill workload: `slicewise.dev/prefill-…`."""
    domain, slash, word = name.partition("/")
    return f"{domain}{slash}{PREFILL_PREFIX}{word}"


def engine_digest(image: str | None, arguments: Sequence[str]) -> str:
    """Return what is the same for the same image and arguments of an engine's container."""
    text = json.dumps([image, list(arguments)], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def _written(size: int) -> str:
    return canonical(Quantity.parse(str(size)))
