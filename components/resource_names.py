"""The names of resources in the stack, which are in their URNs: changing one replaces what users run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from slicewise.manifests import (
    CLAIM_TEMPLATE_KIND,
    DEVICES_API_VERSION,
    KEDA_API_VERSION,
    KSERVE_API_VERSION,
    SCALED_OBJECT_KIND,
    SERVICE_KIND,
    KubernetesObject,
    is_of_prefill,
)

PROVIDER_TOKEN: Final = "pulumi:providers:kubernetes"  # noqa: S105 - a type


class _PlacedKind(NamedTuple):
    """What a placement may have: the kind, and the last part of its name in the stack, which has no dash."""

    api_version: str
    kind: str
    suffix: str


# Each depends on those before it.
_PLACED: Final = (
    _PlacedKind(DEVICES_API_VERSION, CLAIM_TEMPLATE_KIND, "claimtemplate"),
    _PlacedKind(DEVICES_API_VERSION, CLAIM_TEMPLATE_KIND, "prefillclaimtemplate"),
    _PlacedKind(KSERVE_API_VERSION, SERVICE_KIND, "service"),
    _PlacedKind(KEDA_API_VERSION, SCALED_OBJECT_KIND, "scaledobject"),
)
_SUFFIXES: Final = tuple(each.suffix for each in _PLACED)


def provider_name(environment: str) -> str:
    """Return the name of the provider of an environment."""
    return f"{environment}-provider"


def object_suffix(item: KubernetesObject) -> str:
    """Return the last part of the name in the stack of an object of a placement."""
    mine = [each.suffix for each in _PLACED if each.kind == item["kind"]]
    return mine[-1] if item["kind"] == CLAIM_TEMPLATE_KIND and is_of_prefill(item) else mine[0]


def dependence(name: str) -> int:
    """Return where in the order of its placement's objects one is, by its name in the stack: after what it needs."""
    return _SUFFIXES.index(name.rpartition("-")[2])


def placement_urns(urns: Iterable[str], placement: str) -> list[str]:
    """Return which of a stack's URNs are those of a placement's objects, each before what it depends on."""
    ends = [f"$kubernetes:{each.api_version}:{each.kind}::{placement}-{each.suffix}" for each in reversed(_PLACED)]
    known = list(urns)
    return [urn for end in ends for urn in known if urn.endswith(end)]
