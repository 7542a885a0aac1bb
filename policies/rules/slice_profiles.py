"""Which slices the organisation offers, and whether a slice would do where a whole GPU is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Final

from policies.rules.reading import (
    Pod,
    is_service,
    is_slice,
    makes_pods,
    pod_requests,
    pods,
    profiles_of,
    properties,
    required_labels,
    workloads,
)
from policies.rules.rule_runner import each
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, ResourceRule
from slicewise.kubernetes import GIB, GKE_ACCELERATOR_LABEL, PRODUCT_LABEL, quantity_value
from slicewise.manifests import REQUIRED_MEMORY_ANNOTATION
from slicewise.mig import (
    GpuModel,
    MigProfile,
    canonical_profile_name,
    known_gpu_model,
)


def _check_allowed(resource: Resource, config: Config) -> Iterator[Outcome]:
    return each(pods(resource), partial(_not_allowed, config=config))


def _not_allowed(pod: Pod, *, config: Config) -> Iterator[Outcome]:
    allowed = {canonical_profile_name(text) for text in config.get("profiles", ())}
    if not allowed and config.get("wholeGpus", True):
        return
    for request in pod_requests(pod):
        profiles = profiles_of(request, pod)
        for profile in sorted(filter(None, profiles)):
            if allowed and profile not in allowed:
                offered = ", ".join(sorted(allowed))
                yield Finding(
                    request.amount.path, f"the profile {profile} is not offered here", f"use one of {offered}"
                )
        if None in profiles and not config.get("wholeGpus", True):
            yield Finding(request.amount.path, f"whole GPUs ({request.name}) are not offered here", "use a MIG profile")


def _check_slice_would_do(resource: Resource, _: Config) -> Iterator[Outcome]:
    needed = properties(resource)["metadata"]["annotations"][REQUIRED_MEMORY_ANNOTATION].text()
    memory = quantity_value(needed)
    if memory is None:
        return
    for workload in workloads(properties(resource)["spec"]):
        # Several GPUs work together; slices cannot.
        if workload["template"].present and not workload["worker"].present:
            yield from each([Pod(workload["template"])], partial(_wasteful, needed=memory / GIB, text=needed or ""))


def _wasteful(pod: Pod, *, needed: Decimal, text: str) -> Iterator[Outcome]:
    requests = pod_requests(pod)
    if len(requests) != 1 or requests[0].count != 1 or is_slice(requests[0], pod):
        return
    fitting = [_smallest_slice(model, needed) if model else None for model in _gpu_models(pod)]
    # A slice must be enough on every node that the pod may go to.
    if fitting and all(fitting):
        slices = " or ".join(dict.fromkeys(_shown(profile) for profile in fitting if profile))
        names = " or ".join(dict.fromkeys(profile.name for profile in fitting if profile))
        problem = f"a whole GPU for a model that needs {text}, where {slices} fit"
        yield Finding(requests[0].amount.path, problem, f"offer the model a pool of {names}")


def _gpu_models(pod: Pod) -> Iterator[GpuModel | None]:
    """Yield every GPU model that the labels which `pod` requires may name; None for what they leave open."""
    for labels in required_labels(pod):
        names = labels.values.get(GKE_ACCELERATOR_LABEL) or labels.values.get(PRODUCT_LABEL) or ("",)
        for name in sorted(names):
            yield known_gpu_model(name)


def _smallest_slice(model: GpuModel, needed: Decimal) -> MigProfile | None:
    """Return the slice that holds `needed` GiB and of which most fit on a GPU of `model`."""
    holding = [
        profile
        for profile in model.profiles
        # A profile that fits once leaves nothing for another model; media engines are not a reason to choose one.
        if profile.per_gpu > 1
        and profile.name.endswith("gb")
        and needed <= Decimal(profile.usable_gib or profile.nominal_gib or 0)
    ]
    return max(holding, key=lambda profile: profile.per_gpu, default=None)


def _shown(profile: MigProfile) -> str:
    return f"{profile.per_gpu} slices of {profile.name} ({profile.usable_gib or profile.nominal_gib} GiB)"


PROFILE_ALLOWED: Final = ResourceRule(
    name="profile-allowed",
    description="Pods ask only for the MIG profiles that the organisation offers.",
    remedy="Use a profile from the configured list.",
    severity=PolicySeverity.MEDIUM,
    level=Level.MANDATORY,
    applies=makes_pods,
    check=_check_allowed,
    config={
        "profiles": {
            "type": "array",
            "items": {"type": "string"},
            "description": "The MIG profiles that may be used, such as 3g.40gb; any if this is not set.",
        },
        "wholeGpus": {"type": "boolean", "default": True, "description": "Whether whole GPUs may be used."},
    },
)
SLICE_WOULD_DO: Final = ResourceRule(
    name="slice-would-do",
    description="A model that fits on a slice of the GPU gets a slice, not the whole GPU.",
    remedy="Offer the model a pool with the profile in the message.",
    severity=PolicySeverity.LOW,
    level=Level.ADVISORY,
    applies=is_service,
    check=_check_slice_would_do,
)
