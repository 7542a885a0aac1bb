"""Whose the DeviceClasses are that `createDeviceClasses` makes: none is taken over, or beside another of its name."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.clusters.live import ExistingObjects, LiveObject, ObjectName
from slicewise.clusters.preflight import Owner, StackClaim, has_all, owner
from slicewise.diagnostics import Code, Diagnostic, Subject, some
from slicewise.kubernetes import mapping, text
from slicewise.manifests import DEVICE_CLASS_KIND, MANAGED_BY, MANAGED_BY_LABEL, KubernetesObject

from ..environment_plan import EnvironmentPlan
from ..object_handling import name_of_object
from ..stack_config import StackConfig


def sort_classes(
    config: StackConfig, here: EnvironmentPlan, there: ExistingObjects, claim: StackClaim
) -> tuple[frozenset[ObjectName], list[Diagnostic]]:
    """Return which declared DeviceClasses are used as they are, and what is wrong with what is there.

    One that Slicewise has made for another stack or environment, or that `render` has written, says the same.
    """
    left: set[ObjectName] = set()
    problems: list[Diagnostic] = []
    for item in here.objects:
        if item["kind"] != DEVICE_CLASS_KIND:
            continue
        name = name_of_object(item)
        live = there.objects.get(name)
        if live and owner(name, live, claim) is not Owner.OWN:
            if _is_of_slicewise(live) and has_all(live.manifest.get("spec"), item["spec"]):
                left.add(name)
            else:
                problems.append(_refused(config, here.environment, item, [name]))
                continue
        if rivals := sorted(_rivals(there, item)):
            problems.append(_refused(config, here.environment, item, rivals))
    return frozenset(left), problems


def _is_of_slicewise(live: LiveObject) -> bool:
    labels = mapping(mapping(live.manifest.get("metadata")).get("labels"))
    return bool(live.stack) or labels.get(MANAGED_BY_LABEL) == MANAGED_BY


def _rivals(there: ExistingObjects, item: KubernetesObject) -> Iterator[ObjectName]:
    """Yield the other DeviceClasses that answer the resource of `item`."""
    resource = item["spec"]["extendedResourceName"]
    for name, live in there.objects.items():
        answers = text(mapping(live.manifest.get("spec")).get("extendedResourceName"))
        if name.kind == DEVICE_CLASS_KIND and name != name_of_object(item) and answers == resource:
            yield name


def _refused(config: StackConfig, environment: str, item: KubernetesObject, there: list[ObjectName]) -> Diagnostic:
    resource, names = item["spec"]["extendedResourceName"], [name.name for name in there]
    message = (
        f"DeviceClass {some(names, word='and')} is there already for {resource}, and Slicewise has not made it as "
        "this stack would: of two classes of a resource the newer counts, and when one goes, new pods get nothing"
    )
    remedy = (
        f"to use what is there, {config.how_to_set('createDeviceClasses', 'false')}; to have this stack make it, "
        f"delete what is there: kubectl delete deviceclass {' '.join(names)}"
    )
    subject = Subject("InferenceEnvironment", environment)
    return Diagnostic.error(
        Code.DEVICE_CLASS_OF_OTHERS, message, remedy, field="spec.nodePools", subject=subject, resource=resource
    )
