"""Rules of one Quota: it limits something, and names each namespace once."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.diagnostics import Code, Diagnostic
from slicewise.documents.quota import Measure, QuotaSpec


def check_quota(spec: QuotaSpec) -> Iterator[Diagnostic]:
    """Yield what is wrong with a quota."""
    for number, name in enumerate(spec.namespaces):
        if (earlier := spec.namespaces.index(name)) != number:
            message = f"{name} is namespaces[{earlier}] already"
            field = ("spec", "namespaces", number)
            yield Diagnostic.error(Code.DUPLICATE_NAME, message, "remove one of the two", field=field)
    if not any(spec.limits.given()):
        message = "it limits nothing"
        remedy = f"write at least one of {', '.join(Measure)}"
        yield Diagnostic.error(Code.QUOTA_WITHOUT_LIMIT, message, remedy, field=("spec", "limits"))
