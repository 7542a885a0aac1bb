"""Rules of a pool's tolerations: Kubernetes takes them."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.diagnostics import Code, Diagnostic, FieldPath
from slicewise.documents.environment import NodePool, Toleration


def check_tolerations(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield which tolerations of `pool`, which is at `path`, Kubernetes would refuse, and why."""
    for number, toleration in enumerate(pool.tolerations):
        for field, message, remedy in _refusals(toleration):
            yield Diagnostic.error(Code.TOLERATION, message, remedy, field=(*path, "tolerations", number, field))


def _refusals(toleration: Toleration) -> Iterator[tuple[str, str, str]]:
    """Yield field, reason and remedy of what Kubernetes would refuse (core validation, ValidateTolerations)."""
    if toleration.operator == "Exists" and toleration.value:
        yield "value", "operator Exists takes no value", "leave value out, or write operator: Equal"
    if toleration.key is None and toleration.operator != "Exists":
        exists = "operator: Exists and no value" if toleration.value else "operator: Exists"
        yield "operator", "without a key the operator must be Exists", f"write {exists}, or a key"
    if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
        yield "tolerationSeconds", "it needs effect: NoExecute", "write that, or leave tolerationSeconds out"
