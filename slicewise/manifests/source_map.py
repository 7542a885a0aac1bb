"""Source maps of manifests: which field of which document a field of an object is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from slicewise.diagnostics import FieldPath


class SourcePart(StrEnum):
    """A document of a placement, or a part of one; paths of fields begin there."""

    DEPLOYMENT = "deployment"
    ENVIRONMENT = "environment"
    MODEL = "model"
    SERVING_PROFILE = "serving profile"
    NODE_POOL = "node pool"
    PREFILL_NODE_POOL = "node pool of the prefill workload"
    POD = "pod"
    """What is said of pods, by the deployment, its profile, its model or the pool: the first that says it."""
    RESOURCES = "resources"
    """What containers ask for by themselves, as for POD, or else the pool's device between nodes: without a path."""
    BASE_REFS = "base references"
    """The model's or the pool's: a field without a path."""
    STORAGE_INITIALIZER = "storage initializer"
    """The model's variables for what fetches its weights, or else its token: a field without a path."""
    WEIGHTS = "weights"
    """The block of the model's source."""
    SERVED_NAME = "served name"
    """The name in API requests, which is the deployment's own or else its model's: a field without a path."""


class FieldSource(NamedTuple):
    """A field of an object, with all that is below it, and what it is made of.

    Attributes:
        field: The object's field, as `spec.replicas`; `[]` stands for any index of a list, `*` for any name.
        part: The document, or the part of it.
        path: The field there.
    """

    field: str
    part: SourcePart
    path: FieldPath = ()

    def matches(self, field: str) -> bool:
        """Return whether `field`, or a text that begins with one, is this field or below it."""
        pattern = re.escape(self.field).replace(r"\[\]", r"\[\d+\]").replace(r"\*", r"\w+")
        return re.match(rf"{pattern}\b", field) is not None


def below(prefix: str, sources: Iterable[FieldSource]) -> Iterator[FieldSource]:
    """Yield the sources of what is below the field `prefix` of another object."""
    for source in sources:
        yield source._replace(field=f"{prefix}.{source.field}")
