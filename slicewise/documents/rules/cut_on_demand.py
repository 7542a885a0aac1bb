"""Rules of nodes whose GPUs NVIDIA's DRA driver cuts when pods come: what goes with `dynamic`, and what it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, quoted
from slicewise.documents.allocation import OLDEST_RELEASE, Allocation, is_before_release
from slicewise.documents.cloud_nodes import catalogued
from slicewise.documents.environment import NodePool
from slicewise.mig import can_be_cut_on_demand, is_published_whole, parse_profile_name

_MIG: Final = ("capabilities", "migConfiguration")
_EXAMPLE: Final = "[3g.40gb, 1g.10gb]"
# The first Kubernetes that keeps the counters of devices without a feature gate (pkg/features/kube_features.go).
_COUNTERS_FROM: Final = "1.36"
# Fields of nodes that are cut already, each with why it says nothing of others.
_OF_CUT_NODES: Final = {
    "profile": ("profile", "profiles says what pods may ask for"),
    "slices_per_gpu": ("slicesPerGpu", "how many slices there are depends on the pods that arrive"),
    "slices": ("slices", "how many slices there are of each profile depends on the pods that arrive"),
}


def check_on_demand_fields(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield the fields of the pool at `path` that do not go with `dynamic`, or only go with it."""
    mig, at = pool.mig, (*path, *_MIG)
    if mig is None:
        return
    if not mig.dynamic:
        if mig.profiles is not None:
            message = "profiles goes with dynamic: true, where NVIDIA's DRA driver cuts GPUs as pods arrive"
            remedy = (
                "if the nodes are cut in advance, write profile, or slices with how many of each a node has; if the "
                "driver cuts them, write dynamic: true"
            )
            yield Diagnostic.error(Code.ON_DEMAND_OR_CUT, message, remedy, field=(*at, "profiles"))
        return
    if mig.profiles is None:
        message = f'"profiles" is required in {".".join(_MIG)} where dynamic is true'
        remedy = f"write the profiles that pods may ask for, for example {_EXAMPLE}"
        yield Diagnostic.error(Code.MISSING_FIELD, message, remedy, field=(*at, "profiles"))
    for attribute, (field, why) in _OF_CUT_NODES.items():
        if getattr(mig, attribute) is not None:
            message = f"{field} is for nodes that are cut in advance; with dynamic: true, {why}"
            remedy = f"leave {field} out, or dynamic"
            yield Diagnostic.error(Code.ON_DEMAND_OR_CUT, message, remedy, field=(*at, field))


def check_on_demand_allocation(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the pods of the pool at `path` would not ask the DRA driver, which alone cuts GPUs when pods come."""
    if pool.mig is None or not pool.mig.dynamic or pool.allocation is not Allocation.DEVICE_PLUGIN:
        return
    message = (
        "dynamic: true needs NVIDIA's DRA driver, which cuts GPUs as pods arrive, and this pool's allocation "
        "(devicePlugin) has its pods ask the device plugin instead"
    )
    remedy = f"write allocation: {Allocation.CLAIM.value} or {Allocation.EXTENDED_RESOURCE.value}, or leave dynamic out"
    yield Diagnostic.error(Code.ON_DEMAND_NEEDS_DRIVER, message, remedy, field=(*path, *_MIG, "dynamic"))


def check_counters(pool: NodePool, versions: Sequence[str], path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the cluster's Kubernetes, of which `versions` are known, may not tell places apart that overlap."""
    version = next((each for each in versions if is_before_release(each, _COUNTERS_FROM)), None)
    if version is None or not pool.mig or not pool.mig.dynamic or pool.allocation is Allocation.DEVICE_PLUGIN:
        return
    if is_before_release(version, OLDEST_RELEASE[pool.allocation]):
        # That the allocation needs a newer one is said already, and has the same remedy.
        return
    message = (
        f"the cluster has Kubernetes {version}, and up to 1.35 its API server drops the counters by which slices that "
        "overlap exclude each other, unless the feature gate DRAPartitionableDevices is on: pods would get slices that "
        "cannot be cut"
    )
    remedy = (
        f"upgrade the cluster to {_COUNTERS_FROM} and correct kubernetesVersion, or leave dynamic and profiles out and "
        "declare how the GPUs are cut; where the gate is on in kube-apiserver and kube-scheduler, `slicewise verify` "
        "sees it"
    )
    yield Diagnostic.warning(
        Code.ON_DEMAND_NEEDS_COUNTERS, message, remedy, field=(*path, *_MIG, "dynamic"), version=version
    )


def check_profiles_once(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield the profiles of the pool at `path` that its list has twice."""
    mig = pool.mig
    if mig is None or not mig.dynamic:
        return
    first: dict[str, int] = {}
    for number, profile in enumerate(mig.profiles or ()):
        if (earlier := first.setdefault(profile, number)) != number:
            message = f"{quoted(profile)} is profiles[{earlier}] already"
            at = (*path, *_MIG, "profiles", number)
            yield Diagnostic.error(Code.DUPLICATE_NAME, message, "leave one of the two out", field=at)


def check_places(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that it is not known which slices of the pool at `path` leave places for others."""
    mig, gpu = pool.mig, catalogued(pool)
    if mig is None or not mig.dynamic or gpu is None or not gpu.mig_capable:
        return
    at: FieldPath = (*path, *_MIG, "profiles")
    known = [each for each in dict.fromkeys(mig.several) if gpu.profile(each)]
    unplaced = [each for each in known if not can_be_cut_on_demand(gpu, [each])]
    if unplaced:
        yield Diagnostic.error(
            Code.ON_DEMAND_PLACES,
            f"NVIDIA does not publish where slices of {unplaced[0]} may be on {gpu.name}, so it is not known what is "
            "left beside them",
            "leave dynamic out, and declare how the nodes are cut: profile, or slices",
            field=(*at, mig.several.index(unplaced[0])),
            profile=unplaced[0],
        )
    elif known and not can_be_cut_on_demand(gpu, known):
        alone = next(each for each in known if not _goes_with_others(each))
        yield Diagnostic.error(
            Code.ON_DEMAND_PLACES,
            f"NVIDIA does not publish which slices can be beside {alone} on a {gpu.name}",
            f"leave {alone} out of profiles, or have a pool for it alone",
            field=(*at, mig.several.index(alone)),
            profile=alone,
        )
    if mig.whole_gpus and not is_published_whole(gpu):
        largest = max(gpu.profiles, key=lambda each: each.memory_slices)
        yield Diagnostic.error(
            Code.NEVER_WHOLE_ON_DEMAND,
            f"the MIG mode of {gpu.name} changes only when the GPU is reset, and while it is on the DRA driver offers "
            "slices alone",
            f"leave wholeGpus out, and list {largest.name} in profiles, which is all of a GPU",
            field=(*path, *_MIG, "wholeGpus"),
            proposal=largest.name,
        )


def _goes_with_others(profile: str) -> bool:
    parsed = parse_profile_name(profile)
    return parsed is not None and parsed.suffix in ("", "+me")
