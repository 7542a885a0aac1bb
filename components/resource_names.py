"""The names of resources in the stack, which are in their URNs: changing one replaces what users run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from slicewise.manifests import KEDA_API_VERSION, KSERVE_API_VERSION, SCALED_OBJECT_KIND, SERVICE_KIND

PROVIDER_TOKEN: Final = "pulumi:providers:kubernetes"  # noqa: S105 - a type
# The last part of each object's name in the stack.
SUFFIXES: Final = {SERVICE_KIND: "service", SCALED_OBJECT_KIND: "scaledobject"}
_VERSIONS: Final = {SERVICE_KIND: KSERVE_API_VERSION, SCALED_OBJECT_KIND: KEDA_API_VERSION}


def provider_name(environment: str) -> str:
    """Return the name of the provider of an environment."""
    return f"{environment}-provider"


def placement_urns(urns: Iterable[str], placement: str) -> list[str]:
    """Return which of a stack's URNs are those of a placement's objects, what scales a service first."""
    ends = [
        f"$kubernetes:{_VERSIONS[kind]}:{kind}::{placement}-{SUFFIXES[kind]}"
        for kind in (SCALED_OBJECT_KIND, SERVICE_KIND)
    ]
    known = list(urns)
    return [urn for end in ends for urn in known if urn.endswith(end)]
