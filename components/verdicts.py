"""What the objects that exist in a cluster mean for the plan: each refusal and warning, and the way out that works."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import combinations
from typing import Final

from slicewise.clusters.live import NAMESPACE_KIND, ExistingObjects, LiveObject, LiveService, ObjectName, live_service
from slicewise.clusters.preflight import Claim, Owner, has_all, owner
from slicewise.clusters.verify import Deviation, Drift, Expected, judge, led_elsewhere
from slicewise.diagnostics import Code, Diagnostic, Subject, some
from slicewise.manifests import (
    CONFIG_KIND,
    MANAGED_BY,
    MANAGED_BY_LABEL,
    RESTORED_OVER_ANNOTATION,
    SCALED_OBJECT_KIND,
    SERVICE_KIND,
)

from .declared import Declared
from .handling import object_name
from .model_placement import placement_urn
from .stack_config import StackConfig
from .state import KnownCluster

# In place of a stack's name, which has slashes.
_NOBODY: Final = "nobody"
_ROLE: Final = "docs/kubeconfigs.md (What the credential may do)"


def exchanged(
    config: StackConfig,
    before: Mapping[str, KnownCluster],
    here: Declared,
    known: KnownCluster | None,
    there: ExistingObjects,
) -> Diagnostic | None:
    """Return what is wrong where an environment leads to another cluster than the one that has its services."""
    name, uid = here.environment, there.uid
    if known is None or uid is None or uid in (known.uid, config.accept_clusters.get(name)) or not here.before:
        return None
    others = [other for other, cluster in before.items() if cluster.uid == uid]
    told = f", and that is the cluster of environment {others[0]}" if others else ""
    message = (
        f"{led_elsewhere(name, uid, known.uid, told)}. Put the right kubeconfig back; or, if this cluster takes the "
        "other's place, let `pulumi up` make all services in it and leave what the old cluster has: "
        f"pulumi config set --path 'slicewise:acceptClusters[\"{name}\"]' {uid}"
    )
    return Diagnostic.error(
        Code.OTHER_CLUSTER, message, field="spec.cluster", subject=Subject("InferenceEnvironment", name)
    )


def sort(
    config: StackConfig, here: Declared, there: ExistingObjects, claim: Claim
) -> tuple[frozenset[ObjectName], frozenset[ObjectName], list[Diagnostic]]:
    """Return which declared objects are taken over, which are used as they are, and what is wrong with others."""
    taken: set[ObjectName] = set()
    left: set[ObjectName] = set()
    refused: set[tuple[str, ...]] = set()
    problems: list[Diagnostic] = []
    for name in [*here.names, *(ObjectName(NAMESPACE_KIND, "", space) for space in here.namespaces)]:
        live = there.objects.get(name)
        whose = owner(name, live, claim) if live else Owner.OWN
        if live is None:
            continue
        if whose is Owner.OWN:
            if name.kind in (SERVICE_KIND, SCALED_OBJECT_KIND) and name not in claim.applied:
                # From an update that was killed before its outputs were stored: documents may have changed since.
                taken.add(name)
            continue
        if name.kind in (NAMESPACE_KIND, CONFIG_KIND):
            # A namespace, and KServe's config in it, are shared by every service there.
            left.add(name)
        elif config.take_over.get(f"{here.environment}/{name.namespace}/{name.name}") == (live.stack or _NOBODY):
            # takeOver names the present owner, so a copied configuration takes over nothing of the stack it came from.
            taken.add(name)
        elif name[1:] not in refused:
            # A ScaledObject has the name of its service, and is taken over with it: one error for both.
            refused.add(name[1:])
            problems.append(_refused(here.environment, name, whose, live))
    return frozenset(taken), frozenset(left), problems


def _refused(environment: str, name: ObjectName, whose: Owner, live: LiveObject) -> Diagnostic:
    subject = Subject("ModelDeployment", name.name, name.namespace)
    take_over = (
        f"pulumi config set --path 'slicewise:takeOver[\"{environment}/{name.namespace}/{name.name}\"]' "
        f"{live.stack or _NOBODY}"
    )
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


def leaving(
    environment: str, formerly: str, strangers: Iterable[tuple[Expected, LiveObject]], urns: AbstractSet[str]
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
            whose = f"belongs to stack {live.stack} now" if live.stack else "is none that a stack has made"
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


def strangers_leaving(here: Declared, there: ExistingObjects, claim: Claim) -> list[tuple[Expected, LiveObject]]:
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
    named = [placement_urn(placement, kind) for kind in (SCALED_OBJECT_KIND, SERVICE_KIND)]
    return " && ".join(f"pulumi state delete '{urn}'" for urn in named if urn in urns)


def unread(here: Declared, there: ExistingObjects) -> Iterator[Diagnostic]:
    """Yield where it is not known whose the services are, so that nothing may be applied."""
    for place in sorted(there.unread):
        if place.kind != NAMESPACE_KIND:
            message = (
                f"its user may not list {place.resource} in namespace {place.namespace}, so whether the plan's are "
                "another stack's is not known"
            )
            remedy = f"give it the rights of {_ROLE}"
            yield Diagnostic.error(
                Code.RIGHTS_MISSING,
                message,
                remedy,
                field="spec.cluster",
                subject=Subject("InferenceEnvironment", here.environment),
            )


def gone_objects(here: Declared, there: ExistingObjects) -> frozenset[ObjectName]:
    """Return what is declared, was applied by an earlier plan as far as that tells, and is not there any more."""
    spaces = {each.key[0] for each in here.services if each.before is not None}
    shared = [ObjectName(NAMESPACE_KIND, "", space) for space in here.namespaces if space in spaces]
    # Whether a namespace had the config before is not known; what was not there is made in the same way.
    shared += [name for name in here.names if name.kind == CONFIG_KIND and name.namespace in spaces]
    own = [name for name in here.names if name in here.before]
    return frozenset(name for name in [*shared, *own] if there.may_lack(name))


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
    here: Declared, there: ExistingObjects, taken: AbstractSet[ObjectName]
) -> tuple[list[Diagnostic], frozenset[ObjectName]]:
    """Return what to say of services that somebody changed since they were applied, and which of them are put back.

    What is `taken` over becomes what is declared, whatever it was. What an admission webhook changes whenever it is
    applied is not put back again and again.
    """
    services = [found.manifest for name, found in there.objects.items() if name.kind == SERVICE_KIND]
    live = {each.key: each for each in map(live_service, services)}
    keys = {name[1:] for name in taken}
    tried = {each.key: each for each in map(live_service, there.tried.values())}
    after = {each.expected.key: each.paths for each in judge(here.services, {**live, **tried}, taken=keys)}
    said: list[Diagnostic] = []
    put_back: set[ObjectName] = set()
    for each in judge(here.services, live, taken=keys):
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


def shared(here: Declared, there: ExistingObjects, left: frozenset[ObjectName]) -> Iterator[Diagnostic]:
    """Yield the configs that are used as they are and say something else than this stack's would."""
    for item in here.objects:
        name = object_name(item)
        if name in left and not has_all(there.objects[name].manifest.get("spec"), item["spec"]):
            whose = there.objects[name].stack or "no stack"
            message = (
                f"{name} belongs to {whose}, and says something else than this stack's would; it is used as it is. "
                "Bring both stacks to one release of Slicewise, or delete it and run `pulumi up` here"
            )
            yield Diagnostic.warning(
                Code.CONFIG_OF_ANOTHER, message, subject=Subject("InferenceEnvironment", here.environment)
            )


def unidentified(environment: str, there: ExistingObjects) -> Iterator[Diagnostic]:
    """Yield that it would not be noticed if the environment's kubeconfig led to another cluster."""
    if there.uid is None:
        message = (
            "the uid of namespace kube-system, which is the cluster's identity, is unreadable: a cluster that is "
            "rebuilt or exchanged would not be noticed"
        )
        remedy = f"let the credential get that namespace, as {_ROLE} has it"
        yield Diagnostic.warning(
            Code.CLUSTER_NOT_IDENTIFIED, message, remedy, subject=Subject("InferenceEnvironment", environment)
        )


def declared_twice(declared: Mapping[str, Declared], existing: Mapping[str, ExistingObjects]) -> Iterator[Diagnostic]:
    """Yield what two environments that are one cluster would both apply."""
    for one, other in _same_clusters(existing):
        both = set(declared[one].names) & set(declared[other].names)
        for name in sorted(each for each in both if each.kind == SERVICE_KIND):
            message = f"environments {one} and {other} are one cluster, and the plan has it in both"
            remedy = "describe the cluster in one environment"
            subject = Subject("ModelDeployment", name.name, name.namespace)
            yield Diagnostic.error(Code.ONE_OBJECT_TWICE, message, remedy, field="spec.environments", subject=subject)


def deleted_under(old: str, name: str, item: ObjectName, urn: str, *, certain: bool) -> Diagnostic:
    """Return what is wrong where one `pulumi up` would apply an object and delete it under another environment's name.

    Pulumi cannot move it: an object of another provider is replaced.

    Args:
        old: The environment under which the stack's state has it.
        name: The environment that it is declared in.
        item: The object.
        urn: What the state has.
        certain: Whether it is known that the two are one cluster.
    """
    forget = f"pulumi state delete --target-dependents '{urn}'"
    if certain:
        message = (
            f"{item} in environment {name} is the one that this stack has in environment {old}, which is declared no "
            f"more: both are one cluster, and it would be deleted with {old}. Have this stack forget that (the service "
            f"stays, and the next `pulumi up` has it in {name}): {forget}"
        )
    else:
        message = (
            f"{item} is declared in environment {name}, and the stack has it as one of environment {old}, where this "
            "`pulumi up` would delete it: both may be one cluster, and then it would be gone. If they are two, put "
            f"environment {old} back, give both credentials the rights of {_ROLE}, and run `pulumi up` before it "
            f"leaves. If they are one, have the stack forget it there: {forget}"
        )
    subject = Subject("ModelDeployment", item.name, item.namespace)
    return Diagnostic.error(Code.ONE_OBJECT_TWICE, message, field="metadata.name", subject=subject)


def leaves_for_another(old: str, item: ObjectName, stack: str, urn: str) -> Diagnostic:
    """Return what is wrong where an object would be deleted with its environment, and is not the stack's any more.

    Args:
        old: The environment that leaves.
        item: The object.
        stack: Whose it is; empty where somebody has made it under the name of one that the stack had.
        urn: What the stack's state has.
    """
    whose = f"belongs to stack {stack} now" if stack else "is not the one that this stack made"
    message = (
        f"{item} in environment {old}, which is no longer declared, {whose}, and this stack would delete it. Have this "
        f"stack forget it: pulumi state delete --target-dependents '{urn}'"
    )
    subject = Subject("ModelDeployment", item.name, item.namespace)
    return Diagnostic.error(Code.LEAVES_FOR_ANOTHER, message, field="metadata.name", subject=subject)


def renamed_halfway(name: str, other: str) -> Diagnostic:
    """Return what is wrong where a rename from `name` to `other` broke off, and the documents have `name` again."""
    message = (
        f"an update that was killed had begun to rename it to {other}, and the stack's state has what it is reached by "
        f"under that name: Pulumi would delete what it has under {name}. Call it {other} in the documents again, run "
        "`pulumi up`, and rename it then"
    )
    return Diagnostic.error(
        Code.RENAMED_HALFWAY, message, field="metadata.name", subject=Subject("InferenceEnvironment", name)
    )


def one_cluster_twice(existing: Mapping[str, ExistingObjects], addresses: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Yield environments that are one cluster though their kubeconfigs have different servers."""
    for one, other in _same_clusters(existing):
        if addresses.get(one) != addresses.get(other):
            message = (
                f"leads to the cluster {existing[one].uid}, as environment {one} does; what both describe is counted "
                "twice: describe it in one environment"
            )
            yield Diagnostic.warning(
                Code.ONE_SERVER_TWICE, message, field="spec.cluster", subject=Subject("InferenceEnvironment", other)
            )


def leaves(name: str, *, asked: bool) -> Diagnostic:
    """Return what must be known of an environment that is no longer declared, and had services."""
    not_asked = "" if asked else "; its cluster is not asked whose they are"
    message = f"it is no longer declared, so its services are deleted{not_asked}"
    return Diagnostic.warning(Code.ENVIRONMENT_LEAVES, message, subject=Subject("InferenceEnvironment", name))


def given_up(name: str) -> Diagnostic:
    """Return what must be known of an environment that leaves, and whose cluster is taken for gone."""
    message = (
        "it is no longer declared, and PULUMI_K8S_DELETE_UNREACHABLE is set, so the stack forgets what it has there "
        "without asking its cluster. If that comes back, what runs there runs on unnoticed: delete "
        f"it by hand (kubectl delete llminferenceservices -A -l {MANAGED_BY_LABEL}={MANAGED_BY})"
    )
    return Diagnostic.warning(Code.LEAVES_UNASKED, message, subject=Subject("InferenceEnvironment", name))


def under_names_unknown(
    existing: Mapping[str, ExistingObjects], stacks: Collection[str], former: Collection[str] = ()
) -> bool:
    """Return whether a service says that it is in an environment which is neither declared nor a `former` name of one.

    Then an update was killed before it could store its outputs, and only the state tells what it had done.
    """
    known = {*existing, *former, ""}
    services = [
        live for there in existing.values() for name, live in there.objects.items() if name.kind == SERVICE_KIND
    ]
    return any(live.stack in stacks and live.environment not in known for live in services)


def _same_clusters(existing: Mapping[str, ExistingObjects]) -> Iterator[tuple[str, str]]:
    for one, other in combinations(sorted(existing), 2):
        if existing[one].uid is not None and existing[one].uid == existing[other].uid:
            yield one, other
