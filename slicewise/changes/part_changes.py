"""What differs between the parts of a placement in two plans, and what KServe makes of that: pods restart or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from slicewise.changes.service_parts import ServicePart

_DIGEST: Final = "#"


class Effect(StrEnum):
    """What a change does to the pods that run."""

    NONE = "none"
    """None restarts."""
    PODS = "pods"
    """KServe replaces them."""
    SERVICE = "service"
    """The service itself is replaced, with all its pods."""
    UNKNOWN = "unknown"
    """The earlier plan does not say what its pods were."""


@dataclass(frozen=True, slots=True)
class PartChange:
    """A part that differs.

    Attributes:
        part: Which.
        before: What it was; None if it was not there, or cannot be read.
        now: What it is; None likewise.
    """

    part: str
    before: str | None = None
    now: str | None = None


def changed_parts(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[PartChange, ...]:
    """Return the parts that differ, in the order of their importance; those that follow from others only if alone."""
    differing = [name for name in _ordered(before, now) if before.get(name) != now.get(name)]
    telling = [name for name in differing if name not in (ServicePart.REVISION, ServicePart.RECORD)]
    return tuple(
        PartChange(name, _readable(before.get(name)), _readable(now.get(name))) for name in telling or differing
    )


def effect(before: Mapping[str, str], now: Mapping[str, str]) -> Effect:
    """Return what becomes of the pods: KServe replaces them exactly when the revision differs.

    A service under another name is another service, and so is one that gets or loses prefill
    (`components/object_handling.py`).
    """
    if ServicePart.REVISION not in before:
        return Effect.UNKNOWN
    names = (before.get(ServicePart.NAME), now.get(ServicePart.NAME))
    prefill = {ServicePart.PREFILL in parts for parts in (before, now)}
    if names[0] != names[1] or len(prefill) > 1:
        return Effect.SERVICE
    return Effect.NONE if before[ServicePart.REVISION] == now.get(ServicePart.REVISION) else Effect.PODS


def _ordered(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the names of all parts: known ones in their order, then those of other releases."""
    known = [part.value for part in ServicePart]
    return [*known, *sorted((before.keys() | now.keys()) - set(known))]


def _readable(text: str | None) -> str | None:
    return None if text is None or text.startswith(_DIGEST) else text
