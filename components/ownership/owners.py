"""Who owns the objects that already exist: taken over, used as they are, or another's, with the way out that works."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from slicewise.clusters.live import NAMESPACE_KIND, ExistingObjects, LiveObject, ObjectName, denials
from slicewise.clusters.preflight import Owner, StackClaim, owner
from slicewise.clusters.verify import PlannedService
from slicewise.diagnostics import Code, Diagnostic, Subject
from slicewise.manifests import (
    CLAIM_TEMPLATE_KIND,
    CONFIG_KIND,
    DEVICE_CLASS_KIND,
    SCALED_OBJECT_KIND,
    SERVICE_KIND,
)

from ..environment_plan import EnvironmentPlan
from ..resource_names import placement_urns
from ..stack_config import StackConfig

# In place of a stack's name, which has slashes.
_NOBODY: Final = "nobody"
_ROLE: Final = "docs/kubeconfigs.md (What the credential may do)"


def sort_by_owner(
    config: StackConfig, here: EnvironmentPlan, there: ExistingObjects, claim: StackClaim
) -> tuple[frozenset[ObjectName], frozenset[ObjectName], list[Diagnostic]]:
    """Return which declared objects are taken over, which are used as they are, and what is wrong with others."""
    taken: set[ObjectName] = set()
    left: set[ObjectName] = set()
    refused: set[tuple[str, ...]] = set()
    problems: list[Diagnostic] = []
    # DeviceClasses have owners of their own (device_classes.py).
    names = [name for name in here.names if name.kind != DEVICE_CLASS_KIND]
    for name in [*names, *(ObjectName(NAMESPACE_KIND, "", space) for space in here.namespaces)]:
        live = there.objects.get(name)
        whose = owner(name, live, claim) if live else Owner.OWN
        if live is None:
            continue
        if whose is Owner.OWN:
            if name.kind in (SERVICE_KIND, SCALED_OBJECT_KIND) and name not in claim.applied:
                # From an update that was killed before its outputs were stored: documents may have changed since.
                taken.add(name)
            continue
        if name.kind == CLAIM_TEMPLATE_KIND:
            # It goes with the service that it is called after, of which everything is said.
            taken.add(name)
        elif name.kind in (NAMESPACE_KIND, CONFIG_KIND):
            # A namespace, and KServe's config in it, are shared by every service there.
            left.add(name)
        elif config.take_over.get(f"{here.environment}/{name.namespace}/{name.name}") == (live.stack or _NOBODY):
            # takeOver names the present owner, so a copied configuration takes over nothing of the stack it came from.
            taken.add(name)
        elif name[1:] not in refused:
            # A ScaledObject has the name of its service, and is taken over with it: one error for both.
            refused.add(name[1:])
            problems.append(_refused(config, here.environment, name, whose, live))
    return frozenset(taken), frozenset(left), problems


def _refused(config: StackConfig, environment: str, name: ObjectName, whose: Owner, live: LiveObject) -> Diagnostic:
    subject = Subject("ModelDeployment", name.name, name.namespace)
    service = f"{environment}/{name.namespace}/{name.name}"
    take_over = config.how_to_set("takeOver", live.stack or _NOBODY, service)
    there = f"{name} is there already in environment {environment}"
    if whose is Owner.ANOTHER_ENVIRONMENT:
        message = f"{there}, and this stack has it as one of environment {live.environment}: both are one cluster"
        remedy = "describe it in one environment"
        return Diagnostic.error(Code.ONE_OBJECT_TWICE, message, remedy, field="metadata.name", subject=subject)
    if whose is Owner.ANOTHER_STACK:
        message = f"{there}, and belongs to stack {live.stack}"
        remedy = (
            "give the deployment another name, or remove it from that "
            "stack. To take it over while it runs, have the other stack forget it, too (docs/day-two.md, Services that "
            f"are there already): {take_over}"
        )
        return Diagnostic.error(Code.BELONGS_TO_ANOTHER, message, remedy, field="metadata.name", subject=subject)
    message = f"{there}, and no stack has made it (by hand, or from what `slicewise render` wrote)"
    remedy = f"give the deployment another name, delete what is there, or take it over while it runs: {take_over}"
    return Diagnostic.error(Code.MADE_BY_NO_STACK, message, remedy, field="metadata.name", subject=subject)


def unread(here: EnvironmentPlan, there: ExistingObjects) -> Iterator[Diagnostic]:
    """Yield where it is not known whose the services are, so that nothing may be applied."""
    for place in sorted(there.unread):
        if place.kind != NAMESPACE_KIND:
            message = (
                f"its user may not {denials([place.right])}, so whether the plan's are another stack's is not known"
            )
            remedy = f"give it the rights of {_ROLE}"
            yield Diagnostic.error(
                Code.RIGHTS_MISSING,
                message,
                remedy,
                field="spec.cluster",
                subject=Subject("InferenceEnvironment", here.environment),
            )


def refuse_strangers(
    environment: str, formerly: str, strangers: Iterable[tuple[PlannedService, LiveObject]], urns: AbstractSet[str]
) -> Iterator[Diagnostic]:
    """Yield the services that this `pulumi up` would delete, and that are another stack's by now.

    Args:
        environment: Where.
        formerly: What the environment was called at the last `pulumi up`.
        strangers: What `strangers_leaving` has found there.
        urns: What the stack's state has.
    """
    for each, live in strangers:
        forget = _forgetting(f"{formerly}/{each.deployment}", urns)
        if forget:
            whose = f"belongs to stack {live.stack} now" if live.stack else "was not made by any stack"
            message = (
                f"{ObjectName(SERVICE_KIND, *each.key)} in environment {environment} {whose}, and this stack would "
                f"delete it. Have this stack forget it: {forget}"
            )
            yield Diagnostic.error(
                Code.LEAVES_FOR_ANOTHER,
                message,
                field="metadata.name",
                subject=each.deployment.subject,
            )


def strangers_leaving(
    here: EnvironmentPlan, there: ExistingObjects, claim: StackClaim
) -> list[tuple[PlannedService, LiveObject]]:
    """Return what an earlier plan had, the plan has not, and is not the stack's own (any more)."""
    return [
        (each, live)
        for each in here.services
        if each.declared is None
        and (live := there.objects.get(name := ObjectName(SERVICE_KIND, *each.key)))
        and owner(name, live, claim) in (Owner.ANOTHER_STACK, Owner.NOBODY)
    ]


def _forgetting(placement: str, urns: AbstractSet[str]) -> str:
    """Return the commands by which the stack forgets the objects of a placement; empty where it has none of them.

    What scales a service goes first: Pulumi forgets nothing that something else depends on.
    """
    return " && ".join(f"pulumi state delete '{urn}'" for urn in placement_urns(urns, placement))
