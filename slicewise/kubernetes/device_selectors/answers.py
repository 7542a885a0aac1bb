"""Whether selectors select a device."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from slicewise.kubernetes.device_selectors.devices import PublishedDevice
from slicewise.kubernetes.device_selectors.expressions import parsed
from slicewise.kubernetes.device_selectors.failures import CelError, NotUnderstoodError


class SelectorAnswer(StrEnum):
    """What comes of a selector for a device."""

    YES = "yes"
    NO = "no"
    FAILS = "fails"
    """Its evaluation ends with an error, and with it the scheduling of the pod, on every node."""
    UNKNOWN = "unknown"
    """The expression has something that is not evaluated here."""


def answer_of(expression: str, device: PublishedDevice) -> SelectorAnswer:
    """Return whether a CEL expression of a selector selects a device."""
    try:
        found = parsed(expression)(device.variables)
    except CelError:
        return SelectorAnswer.FAILS
    except NotUnderstoodError:
        return SelectorAnswer.UNKNOWN
    if not isinstance(found, bool):
        return SelectorAnswer.FAILS
    return SelectorAnswer.YES if found else SelectorAnswer.NO


def answer_of_all(expressions: Iterable[str], device: PublishedDevice) -> SelectorAnswer:
    """Return whether all selectors select a device; kube-scheduler stops at the first that does not."""
    for expression in expressions:
        found = answer_of(expression, device)
        if found is not SelectorAnswer.YES:
            return found
    return SelectorAnswer.YES
