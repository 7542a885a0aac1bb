"""A warning about quotas that what runs exceeds: it stays, and nothing more is placed."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.diagnostics import Code, Diagnostic, Subject
from slicewise.documents import Fleet
from slicewise.planning.quotas.ledger import QuotaLedger
from slicewise.planning.quotas.worth import counted_in_words, in_words, limit_for, number_of


def overdrawn_quotas(fleet: Fleet, ledger: QuotaLedger) -> Iterator[Diagnostic]:
    """Yield the quotas of `fleet` that allow less than is taken of them in a finished plan."""
    for quota, use in zip(fleet.quotas, ledger.uses(), strict=True):
        for measure, taken, limit in use.limited():
            if taken > limit:
                yield Diagnostic.warning(
                    Code.QUOTA_EXCEEDED,
                    f"what runs takes {counted_in_words(measure, taken)}, and {in_words(measure, limit)} may be taken: "
                    "it stays, and nothing more is placed that this quota counts",
                    f"write {limit_for(measure, taken)}, or give up {counted_in_words(measure, taken - limit)}",
                    field=("spec", "limits", measure.value),
                    subject=Subject("Quota", quota.name),
                    taken=number_of(measure, taken),
                    allowed=number_of(measure, limit),
                )
