"""What became of the services of the plan, in words, so that a person can put it right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from slicewise.clusters.verify.services.deviations import REMEDY, Deviation, Drift
from slicewise.diagnostics import Code, Found, Severity, are, counted, some

_PUT_BACK = f"{REMEDY}; rendered manifests: apply them again"


def check_services(deviations: Sequence[Deviation]) -> Iterator[Found]:
    """Yield what is gone, once for all of it, what was changed, a service each, and what is somebody else's."""
    of = {drift: [each for each in deviations if each.drift is drift] for drift in Drift}
    if of[Drift.GONE]:
        yield _gone(of[Drift.GONE])
    yield from map(_changed, of[Drift.CHANGED])
    yield from _foreign(of[Drift.FOREIGN])


def _gone(gone: Sequence[Deviation]) -> Found:
    names = [f"{each.expected.deployment} ({counted(each.missing, 'replica')})" for each in gone]
    was = "was" if len(gone) == 1 else "were"
    return Found(
        Code.SERVICE_GONE,
        Severity.ERROR,
        f"{counted(len(gone), 'service')} that {was} applied {are(len(gone))} not there any more: {some(names)}",
        _PUT_BACK,
        facts={"services": len(gone), "missingReplicas": sum(each.missing for each in gone)},
    )


def _changed(changed: Deviation) -> Found:
    than = "is not as it is declared" if changed.pending else "is not what was applied"
    short = f", so that {counted(changed.missing, 'replica')} of the plan {are(changed.missing)} missing"
    return Found(
        Code.SERVICE_CHANGED,
        Severity.ERROR if changed.missing else Severity.WARNING,
        f"{changed.expected.deployment} {than}: {changed.says}{short if changed.missing else ''}",
        _remedy(changed),
        facts={"missingReplicas": changed.missing},
    )


def _remedy(changed: Deviation) -> str:
    if changed.pending:
        tells = "--previous, with the stack's outputs, tells which it is"
        return f"{REMEDY}; rendered manifests: apply them. {tells} (pulumi stack output --json)"
    remedies = []
    if changed.paths:
        remedies.append(f"{_PUT_BACK}; to keep it, write it in the documents first")
    if changed.unexplained:
        remedies.append(
            "if it is so again after that, an admission webhook changes it when it is applied: correct that one "
            "(kubectl get mutatingwebhookconfigurations)"
        )
    if changed.removal:
        remedies.append(f"applying leaves what others have added; {changed.removal}")
    return "; ".join(remedies)


def _foreign(foreign: Iterable[Deviation]) -> Iterator[Found]:
    for stack, those in groupby(sorted(foreign, key=lambda each: each.stack or ""), key=lambda each: each.stack):
        group = list(those)
        names = some(["/".join(each.expected.key) for each in group])
        belong = "belongs" if len(group) == 1 else "belong"
        owner = f"the stack {stack}" if stack else "no stack: they were made by hand"
        yield Found(
            Code.SERVICE_OF_ANOTHER,
            Severity.ERROR,
            f"{counted(len(group), 'service')} of the plan {are(len(group))} there already and {belong} to "
            f"{owner}: {names}",
            "rename the deployment, or place it in another environment; to take the service over, remove it from there "
            "first",
            facts={"services": len(group)},
        )
