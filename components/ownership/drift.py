"""What somebody changed or deleted since it was applied, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from slicewise.clusters.live import NAMESPACE_KIND, ExistingObjects, LiveService, ObjectName, live_service
from slicewise.clusters.preflight import has_all
from slicewise.clusters.verify import Deviation, Drift, judge_services
from slicewise.diagnostics import Code, Diagnostic, Subject, some
from slicewise.manifests import (
    CLAIM_TEMPLATE_KIND,
    CONFIG_KIND,
    DEVICE_CLASS_KIND,
    RESTORED_OVER_ANNOTATION,
    SERVICE_KIND,
    named_templates,
)

from ..environment_plan import EnvironmentPlan
from ..object_handling import name_of_object


def gone_objects(here: EnvironmentPlan, there: ExistingObjects) -> frozenset[ObjectName]:
    """Return what is declared, was applied by an earlier plan as far as that tells, and is not there any more."""
    spaces = {each.key[0] for each in here.services if each.before is not None}
    shared = [ObjectName(NAMESPACE_KIND, "", space) for space in here.namespaces if space in spaces]
    # Whether a namespace had the config before is not known; what was not there is made in the same way.
    shared += [name for name in here.names if name.kind == CONFIG_KIND and name.namespace in spaces]
    shared += [name for name in here.names if name.kind == DEVICE_CLASS_KIND and spaces]
    own = [name for name in here.names if name in here.before]
    own += _claimed(here, there)
    return frozenset(name for name in [*shared, *own] if there.may_lack(name))


def _claimed(here: EnvironmentPlan, there: ExistingObjects) -> Iterator[ObjectName]:
    """Yield the ResourceClaimTemplates that an earlier plan had: services name them, where those are there still."""
    for each in here.services:
        if each.before is None or each.declared is None:
            continue
        live = there.objects.get(ObjectName(SERVICE_KIND, *each.key))
        named = named_templates(each.declared)
        for name in named if live is None else named & named_templates(live.manifest):
            yield ObjectName(CLAIM_TEMPLATE_KIND, each.key[0], name)


def missing(environment: str, gone: frozenset[ObjectName]) -> Iterator[Diagnostic]:
    """Yield what somebody deleted since it was applied."""
    names = sorted(str(name) for name in gone if name.kind in (SERVICE_KIND, NAMESPACE_KIND))
    if names:
        message = (
            f"the plan of the last `pulumi up` had {some(names)}, and the cluster does not: that update did not get so "
            f"far, or {'it was' if len(names) == 1 else 'they were'} deleted since; `pulumi up` makes "
            f"{'it' if len(names) == 1 else 'them'}"
        )
        yield Diagnostic.warning(Code.MADE_AGAIN, message, subject=Subject("InferenceEnvironment", environment))


def changed(
    here: EnvironmentPlan, there: ExistingObjects, taken: AbstractSet[ObjectName]
) -> tuple[list[Diagnostic], frozenset[ObjectName]]:
    """Return what to say of services that somebody changed since they were applied, and which of them are put back.

    What is `taken` over becomes what is declared, whatever it was. What an admission webhook changes whenever it is
    applied is not put back again and again.
    """
    services = [found.manifest for name, found in there.objects.items() if name.kind == SERVICE_KIND]
    live = {each.key: each for each in map(live_service, services)}
    keys = {name[1:] for name in taken}
    tried = {each.key: each for each in map(live_service, there.tried.values())}
    after = {each.expected.key: each.paths for each in judge_services(here.services, {**live, **tried}, taken=keys)}
    said: list[Diagnostic] = []
    put_back: set[ObjectName] = set()
    for each in judge_services(here.services, live, taken=keys):
        if each.drift is not Drift.CHANGED:
            continue
        key = each.expected.key
        stays = each.paths & after.get(key, frozenset()) if key in tried else _put_back_in_vain(each, live[key])
        if each.paths - stays:
            put_back.add(ObjectName(SERVICE_KIND, *key))
        subject = Subject("InferenceEnvironment", here.environment)
        than = "is not as it is declared" if each.pending else "is not as it was applied"
        told = f"{each.expected.deployment} {than}: {each.says}"
        outcomes = []
        if each.paths - stays:
            which = "it" if not stays else some(sorted(f"spec.{path}" for path in each.paths - stays))
            outcomes.append(f"`pulumi up` puts {which} back; to keep it, write it in the documents first")
        if each.removal:
            outcomes.append(f"`pulumi up` leaves what others have added; {each.removal}")
        if outcomes:
            said.append(Diagnostic.warning(Code.CHANGED_BY_HAND, f"{told}; {'; '.join(outcomes)}", subject=subject))
        if stays:
            message = f"{told}; {_rewritten(stays)}"
            said.append(Diagnostic.warning(Code.REWRITTEN_WHEN_APPLIED, message, subject=subject))
    return said, frozenset(put_back)


def _put_back_in_vain(each: Deviation, service: LiveService) -> frozenset[str]:
    """Return what the last time did not put back, where the API server does not say what this time would.

    What was written since is put back again. What has no known writer had its chance where the service
    still has the generation that it was put back over.
    """
    over = service.annotations.get(RESTORED_OVER_ANNOTATION)
    return each.unexplained if over == str(service.generation) else frozenset()


def _rewritten(paths: Iterable[str]) -> str:
    which = some(sorted(f"spec.{path}" for path in paths))
    return (
        f"applying it again does not change {which}: an admission webhook of the cluster changes it whenever it is "
        "applied, and no `pulumi up` can put it back. Correct the webhook (kubectl get "
        "mutatingwebhookconfigurations), or write in the documents what it makes of it"
    )


def shared(here: EnvironmentPlan, there: ExistingObjects, left: frozenset[ObjectName]) -> Iterator[Diagnostic]:
    """Yield the configs that are used as they are and say something else than this stack's would."""
    for item in here.objects:
        name = name_of_object(item)
        if name in left and not has_all(there.objects[name].manifest.get("spec"), item["spec"]):
            whose = there.objects[name].stack or "no stack"
            message = (
                f"{name} belongs to {whose}, and says something else than this stack's would; it is used as it is. "
                "Bring both stacks to one release of Slicewise, or delete it and run `pulumi up` here"
            )
            yield Diagnostic.warning(
                Code.CONFIG_OF_ANOTHER, message, subject=Subject("InferenceEnvironment", here.environment)
            )
