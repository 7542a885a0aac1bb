"""What labels say against the units of a resource: they are shared, split, in MIG mode, or nobody counts them.

Each is a fact of one resource, never of the whole node: whole GPUs may be shared beside slices that are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from slicewise.clusters.live.gpus import NoOffer, UnitFlaw
from slicewise.clusters.live.unnamed_slices import has_slices
from slicewise.kubernetes import (
    DEVICE_PLUGIN_LABEL,
    GKE_SHARED_CLIENTS_LABEL,
    GKE_SHARING_LABEL,
    GPU_COUNT_LABEL,
    MIG_STRATEGY_LABEL,
    PRODUCT_LABEL,
    REPLICAS_LABEL,
    whole,
)
from slicewise.mig import WHOLE_GPU_RESOURCE, MigStrategy, canonical_profile_name, kubernetes_spelling

SHARED_RESOURCE: Final = ".shared"
"""What time-slicing calls its resources where it is told to rename them (k8s-device-plugin, renameByDefault)."""
MIG_RESOURCE: Final = "nvidia.com/mig-"
_COUNT: Final = re.compile(r"nvidia\.com/mig-(?P<profile>[0-9a-z.-]+)\.count")
_SPLIT: Final = re.compile(r"[0-9]+c\.(?P<profile>.+)")


def flaw_of(
    resource: str, labels: Mapping[str, str], resources: Mapping[str, int], profile: str | None
) -> UnitFlaw | None:
    """Return why a unit of `resource` is not a GPU or slice of its own; None where labels say nothing against it.

    Args:
        resource: Its name.
        labels: The node's labels.
        resources: Units of each GPU resource of the node.
        profile: What labels say that a unit of nvidia.com/gpu is cut into; None where they say nothing.
    """
    if is_shared(resource, labels, resources):
        return UnitFlaw.SHARED
    if resource == WHOLE_GPU_RESOURCE:
        if profile is None:
            return UnitFlaw.MIG_MODE if are_all_in_mig_mode(labels) else None
        if is_split(profile):
            return UnitFlaw.SPLIT
        return UnitFlaw.UNCOUNTED if _are_more_than_counted(resources[resource], labels) else None
    if is_split(resource.removeprefix(MIG_RESOURCE)):
        return UnitFlaw.SPLIT
    return _uncounted(resource, resources[resource], labels, resources)


def is_shared(resource: str, labels: Mapping[str, str], resources: Mapping[str, int]) -> bool:
    """Return whether several pods get the same unit of `resource` (time-slicing, MPS, GKE's GPU sharing)."""
    if resource.endswith(SHARED_RESOURCE):
        return True
    # Where shares of some GPUs have a name of their own, what has the plain one beside it is exclusive.
    return not resources.get(f"{resource}{SHARED_RESOURCE}") and any(True for _ in _sharing(resource, labels))


def why_no_offer(labels: Mapping[str, str]) -> NoOffer:
    """Return why a device plugin offers none of the GPUs that GPU feature discovery labels, as far as labels tell."""
    if labels.get(DEVICE_PLUGIN_LABEL) == "false":
        return NoOffer.SWITCHED_OFF
    counted = counted_profiles(labels)
    if any(map(is_split, counted)):
        return NoOffer.SPLIT
    strategy = labels.get(MIG_STRATEGY_LABEL)
    if strategy == MigStrategy.SINGLE and has_slices(labels):
        return NoOffer.SINGLE
    # Under strategy none it would offer GPUs in MIG mode as whole ones.
    is_mixed = strategy == MigStrategy.MIXED
    return NoOffer.NOT_CUT if is_mixed and not counted and are_all_in_mig_mode(labels) else NoOffer.NO_PLUGIN


def is_split(profile: str) -> bool:
    """Return whether a profile is that of split compute instances (`1c.3g.20gb`), which share the memory of a slice."""
    return bool(_SPLIT.fullmatch(profile))


def counted_profiles(labels: Mapping[str, str]) -> dict[str, int]:
    """Return the slices that GPU feature discovery counts, by profile as its labels spell it; under mixed alone."""
    found = ((_COUNT.fullmatch(key), whole(value)) for key, value in labels.items())
    return {match["profile"]: number for match, number in found if match and number}


def is_counted(resource: str, labels: Mapping[str, str]) -> bool:
    """Return whether GPU feature discovery counts slices of the very profile that `resource` names."""
    return resource.removeprefix(MIG_RESOURCE) in counted_profiles(labels)


def suffixed_profiles(resource: str, labels: Mapping[str, str], resources: Mapping[str, int]) -> tuple[str, ...]:
    """Return the profiles with a suffix whose slices the device plugin offers as `resource`, in the driver's spelling.

    Up to 0.19.3 it knows no suffixes: slices of 1g.10gb+me are nvidia.com/mig-1g.10gb (k8s-device-plugin,
    api/config/v1/resources.go, pull request 1807).
    """
    own = resource.removeprefix(MIG_RESOURCE)
    hidden = (
        profile
        for profile in counted_profiles(labels)
        if profile.startswith((f"{own}.", f"{own}-")) and not resources.get(f"{MIG_RESOURCE}{profile}")
    )
    return tuple(sorted(map(canonical_profile_name, hidden)))


def are_all_in_mig_mode(labels: Mapping[str, str]) -> bool:
    """Return whether GPU feature discovery saw no GPU outside MIG mode (internal/lm/mig-strategy.go, newGPULabelers).

    Units of nvidia.com/gpu are there all the same where the device plugin runs with strategy none.
    """
    return labels.get(REPLICAS_LABEL) == "0"


def _uncounted(resource: str, units: int, labels: Mapping[str, str], resources: Mapping[str, int]) -> UnitFlaw | None:
    counted = counted_profiles(labels)
    if not counted:
        return None
    own = resource.removeprefix(MIG_RESOURCE)
    split = (match for match in map(_SPLIT.fullmatch, counted) if match)
    if any(match["profile"] == own or match["profile"].startswith((f"{own}.", f"{own}-")) for match in split):
        return UnitFlaw.SPLIT
    hidden = {kubernetes_spelling(profile) for profile in suffixed_profiles(resource, labels, resources)}
    return UnitFlaw.UNCOUNTED if units > counted.get(own, 0) + sum(counted[each] for each in hidden) else None


def _are_more_than_counted(units: int, labels: Mapping[str, str]) -> bool:
    """Return whether units of nvidia.com/gpu are more than the slices that GPU feature discovery counts under single.

    So they are where the device plugin shares them by a configuration that GPU feature discovery does not have.
    """
    counted = whole(labels.get(GPU_COUNT_LABEL))
    # Without them its count is of whole GPUs, and it is GKE that says how they are cut.
    are_slices = "-MIG-" in labels.get(PRODUCT_LABEL, "") or has_slices(labels)
    return are_slices and 0 < counted < units


def _sharing(resource: str, labels: Mapping[str, str]) -> Iterator[str]:
    """Yield the labels that say of a resource that its units are shared."""
    strategy, replicas, product = (f"{resource}.{key}" for key in ("sharing-strategy", "replicas", "product"))
    if labels.get(strategy, "") not in ("", "none"):
        yield strategy
    if whole(labels.get(replicas)) > 1:
        yield replicas
    if labels.get(product, "").endswith("-SHARED"):
        yield product
    if labels.get(GKE_SHARING_LABEL):
        yield GKE_SHARING_LABEL
    if whole(labels.get(GKE_SHARED_CLIENTS_LABEL)) > 1:
        yield GKE_SHARED_CLIENTS_LABEL
