"""What an update made before it was killed, and nothing declares or remembers: no `pulumi up` would remove it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Final

from slicewise.clusters.live import ExistingObjects, ObjectName
from slicewise.clusters.preflight import StackClaim, resource_of
from slicewise.diagnostics import Code, Diagnostic, Subject, some
from slicewise.kubernetes import mapping
from slicewise.manifests import CLAIM_TEMPLATE_KIND, SCALED_OBJECT_KIND, SERVICE_KIND

from ..environment_plan import EnvironmentPlan
from ..state import StackState

# What a placement has. What placements share stays in any case.
_OF_PLACEMENTS: Final = (SERVICE_KIND, SCALED_OBJECT_KIND, CLAIM_TEMPLATE_KIND)


def strays(here: EnvironmentPlan, there: ExistingObjects, claim: StackClaim, formerly: str | None) -> list[ObjectName]:
    """Return what carries the stack's name and neither the plan nor the one before has; the state may have it.

    Only of this environment, under the name that it has or had `formerly`: others of the stack may be the same cluster.
    """
    known = {*here.names, *here.before}
    return sorted(
        name
        for name, live in there.objects.items()
        if name.kind in _OF_PLACEMENTS
        and name not in known
        and live.stack in claim.stacks
        and live.environment in (here.environment, formerly)
        and not mapping(live.manifest.get("metadata")).get("deletionTimestamp")
    )


def left_behind(environment: str, found: Collection[ObjectName], state: StackState) -> Iterator[Diagnostic]:
    """Yield which of the `strays` the state does not have either, so that no `pulumi up` removes them."""
    remembered = {name for objects in state.objects.values() for name in objects}
    left = [name for name in found if name not in remembered]
    if left:
        has, it, goes_on = ("carries", "it", "It goes on") if len(left) == 1 else ("carry", "them", "They go on")
        message = (
            f"{some([*map(str, left)])} {has} this stack's name, and neither the documents nor the stack's state have "
            f"{it}: an update was killed before it stored what it had made, or the state was made to forget {it}. "
            f"{goes_on} running"
        )
        remedy = f"write {it} in the documents again, or remove {it}: {' && '.join(_removal(left))}"
        subject = Subject("InferenceEnvironment", environment)
        yield Diagnostic.warning(Code.LEFT_BEHIND, message, remedy, subject=subject)


def _removal(left: Collection[ObjectName]) -> Iterator[str]:
    by_kind: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for name in left:
        by_kind[name.namespace, resource_of(name.kind)].append(name.name)
    for (namespace, kind), names in sorted(by_kind.items()):
        yield f"kubectl -n {namespace} delete {kind} {' '.join(sorted(names))}"
