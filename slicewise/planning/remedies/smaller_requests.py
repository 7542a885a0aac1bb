"""Remedies in what pods ask for of disk and devices, at the level of the documents that decides it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from operator import attrgetter

from slicewise.documents import (
    ExtraResources,
    Fleet,
    InferenceEnvironment,
    ModelDeployment,
    ModelSpec,
    PodSettings,
    ServingProfile,
    bytes_on_disk,
    container_amounts,
    model_key,
    prefill_workload,
)
from slicewise.kubernetes import Quantity
from slicewise.planning.capacity import Counted
from slicewise.planning.remedies.profiles import with_profile
from slicewise.planning.remedies.remedy import PrefillWant, Proposal, Remedy, RemedyKind, Want
from slicewise.planning.remedies.replicas import smallest_number
from slicewise.planning.remedies.short_resources import only_short, recounted, step_of, written_amount


def smaller_request(want: Want, fleet: Fleet) -> Proposal | None:
    """Return the most of the one resource that is short for which pods may ask so that the pool takes them."""
    resource = only_short(want)
    request = _deciding(want, resource) if resource else None
    if resource is None or request is None:
        return None
    step, asked = step_of(resource), want.pod.of(resource)
    # What is downloaded counts even if less is asked for.
    least = max((bytes_on_disk(want.model) or 0) if resource == Counted.STORAGE else 0, 1)

    def changed(steps: int) -> Want:
        asking = request.changed(steps * step)
        return replace(asking, place=recounted(asking, fleet, asking.place))

    def fits(steps: int) -> bool:
        asking = changed(steps)
        return asking.fits(asking.place)

    fewest, most = -(-least // step), -(-asked // step) - 1
    if most < fewest or not fits(fewest):
        return None
    steps = most - smallest_number(0, most - fewest, lambda fewer: fits(most - fewer))
    return _proposal(want, changed(steps), request, (resource, asked, steps * step))


@dataclass(frozen=True)
class _Request:
    """Where documents say how much a pod asks for."""

    where: str
    document: str
    field: str
    changed: Callable[[int], Want]
    """What is wanted, on the pool as it is then, where so much is asked for."""
    rewritten: Callable[[Want], InferenceEnvironment | ModelDeployment | ModelSpec]
    """The document that is changed."""
    value: Callable[[int], object]
    """What the field says then."""


def _deciding(want: Want, resource: str) -> _Request | None:
    """Return the highest level that says how much of a resource a pod asks for, or the device of the network."""
    for level in _levels(want):
        container = level.pod.container if level.pod else None
        if level.pod and container and container.resources and resource in container_amounts(level.pod):
            return _of_container(level, level.pod, container.resources, resource)
    device, pool = want.place.pool.capabilities.inter_node_device, want.place
    if device is None or device.resource != resource:
        return None

    def counting(count: int) -> Want:
        fewer = device.model_copy(update={"count": count})
        return replace(want, place=pool.with_capability("inter_node_device", fewer))

    return _Request(
        f"interNodeDevice of {pool}",
        f"InferenceEnvironment {pool.name[0]}",
        f"spec.nodePools[{pool.name[1]}].capabilities.interNodeDevice.count",
        counting,
        attrgetter("place.document"),
        int,
    )


@dataclass(frozen=True)
class _Level:
    """One of the documents' parts that have a pod."""

    where: str
    document: str
    field: str
    pod: PodSettings | None
    replaced: Callable[[PodSettings], Want]
    rewritten: Callable[[Want], InferenceEnvironment | ModelDeployment | ModelSpec]


def _levels(want: Want) -> Iterator[_Level]:
    """Yield what says something of a pod, from above."""
    spec, place, name = want.deployment.spec, want.place, want.profile.name

    def of_deployment(pod: PodSettings) -> Want:
        changed = want.deployment.model_copy(update={"spec": spec.model_copy(update={"pod": pod})})
        return replace(want, deployment=changed)

    deployed = f"ModelDeployment {want.deployment.key}"
    yield _Level(deployed, deployed, "spec.pod", spec.pod, of_deployment, attrgetter("deployment"))

    model, profile = str(model_key(want.deployment).subject), want.model.profile(name)
    prefill, serving = profile.prefill, f"spec.serving[{name}]"

    def of_prefill(pod: PodSettings) -> Want:
        own = prefill.model_copy(update={"pod": pod}) if prefill else None
        return _with_profile(want, profile.model_copy(update={"prefill": own}))

    if prefill and isinstance(want, PrefillWant):
        where = f"the prefill of the profile {name} of {model}"
        yield _Level(where, model, f"{serving}.prefill.pod", prefill.pod, of_prefill, attrgetter("model"))

    def of_profile(pod: PodSettings) -> Want:
        return _with_profile(want, profile.model_copy(update={"pod": pod}))

    where = f"the profile {name} of {model}"
    yield _Level(where, model, f"{serving}.pod", profile.pod, of_profile, attrgetter("model"))

    def of_model(pod: PodSettings) -> Want:
        return replace(want, model=want.model.model_copy(update={"pod": pod}))

    yield _Level(model, model, "spec.pod", want.model.pod, of_model, attrgetter("model"))

    def of_pool(pod: PodSettings) -> Want:
        return replace(want, place=place.with_pool(pod=pod))

    document, field = f"InferenceEnvironment {place.name[0]}", f"spec.nodePools[{place.name[1]}].pod"
    yield _Level(f"the pool {place}", document, field, place.pool.pod, of_pool, attrgetter("place.document"))


def _with_profile(want: Want, profile: ServingProfile) -> Want:
    workload = prefill_workload(profile) if isinstance(want, PrefillWant) else None
    return replace(want, model=with_profile(want.model, profile), profile=workload or profile)


def _of_container(level: _Level, pod: PodSettings, resources: ExtraResources, resource: str) -> _Request:
    """Return where one level says it: a request of disk, a limit of a device, or both of a device that has both."""
    limits, requests = resources.limits or {}, resources.requests or {}
    if resource == Counted.STORAGE:
        blocks = ["requests"]
    else:
        blocks = [name for name, amounts in (("limits", limits), ("requests", requests)) if resource in amounts]

    def asking(amount: int) -> ExtraResources:
        written = {resource: Quantity.parse(str(written_amount(resource, amount)))}
        update = {"limits": {**limits, **written}, "requests": {**requests, **written}}
        return resources.model_copy(update={name: update[name] for name in blocks})

    def changed(amount: int) -> Want:
        container = pod.container and pod.container.model_copy(update={"resources": asking(amount)})
        return level.replaced(pod.model_copy(update={"container": container}))

    def value(amount: int) -> object:
        if len(blocks) == 1:
            return written_amount(resource, amount)
        return asking(amount).model_dump(mode="json", by_alias=True, exclude_none=True)

    whole = f"{level.field}.container.resources"
    field = f"{whole}.{blocks[0]}.{resource}" if len(blocks) == 1 else whole
    where = f"pod.container.resources of {level.where}"
    return _Request(where, level.document, field, changed, level.rewritten, value)


def _proposal(want: Want, asking: Want, request: _Request, amounts: tuple[str, int, int]) -> Proposal:
    resource, asked, amount = amounts
    now = written_amount(resource, asked)
    environment, pool = want.place.name
    remedy = Remedy(
        kind=RemedyKind.SMALLER_REQUEST,
        message=(
            f"{resource}: {written_amount(resource, amount)} (now {now}) in {request.where}, if its pods need no "
            f"more, {want.lets_it_run} on {want.place}"
        ),
        document=request.document,
        field=request.field,
        value=request.value(amount),
        units=0,
        environment=environment,
        node_pool=pool,
        profile=want.profile.name,
    )
    return Proposal(remedy, asking, asking.place, request.rewritten(asking))
