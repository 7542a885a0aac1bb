"""What a pool declares of its units: GPU model, how many, how much memory each, CPUs and memory beside them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from slicewise.clusters.discover.cut_nodes import is_doubtful
from slicewise.clusters.discover.grouping import Group, offer_of, usable_offers
from slicewise.clusters.live import LiveNode
from slicewise.documents import MOST_EXTENDED, USUAL_PODS
from slicewise.kubernetes import GIB, PRODUCT_LABEL, amount
from slicewise.mig import (
    ALL_GPU_MODELS,
    AmbiguousAcceleratorError,
    GpuModel,
    UnknownAcceleratorError,
    find_gpu_model,
    parse_profile_name,
)

_MIB: Final = 1024**2
MOST_NAMED: Final = 4
"""How many nodes a comment names."""
# Compute slices of a whole GPU, and the most slices that it has, where its model is not known: as on A100 to GB300.
_COMPUTE: Final = 7


@dataclass(frozen=True, slots=True)
class Accelerator:
    """The GPU model of a pool.

    Attributes:
        name: What to write as acceleratorType.
        model: The catalogue's model that this is; None where it has none.
        doubt: What a person should know of it; None where it is certain.
    """

    name: str
    model: GpuModel | None
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class Units:
    """How many units a pool has.

    Attributes:
        count: Physical GPUs of a node, or whole GPUs that it offers.
        slices_per_gpu: Slices on one GPU, where the catalogue does not know it.
        per_node: Units of a node where all are there.
    """

    count: int
    slices_per_gpu: int | None
    per_node: int


def accelerator_of(group: Group) -> Accelerator:
    """Return the GPU model of `group` under a name that loads."""
    written, model = group.accelerator, group.model
    if written is None:
        why = f" ({PRODUCT_LABEL} is left out where it is longer than 63 characters)" if group.unnamed else ""
        return Accelerator("unknown", None, f"no label says the GPU model{why}; write it as acceleratorType")
    try:
        return Accelerator(written, find_gpu_model(written))
    except UnknownAcceleratorError:
        return Accelerator(written, None, "the catalogue does not know this GPU model, so nothing of it is checked")
    except AmbiguousAcceleratorError as error:
        if model is not None:
            return Accelerator(model.name, model)
        boards = [find_gpu_model(name) for name in error.candidates]
        fitting = [board for board in boards if group.profile is None or board.profile(group.profile)]
        chosen = min(fitting or boards, key=lambda board: board.memory_gib)
        return Accelerator(
            chosen.name, chosen, f"{written} may be any of {', '.join(board.name for board in boards)}: the smallest"
        )


def units_of(group: Group, model: GpuModel | None) -> Units:
    """Return how GPUs and slices of a node are counted.

    Of slices, which pods take one by one, the node with most counts, and what others lack is to be reserved. Of whole
    GPUs, of which a pod may take several on one node, the node with fewest counts.
    """
    offered = [offer.units for offer in group.offers]
    physical = max((gpus.physical_of(group.resource) or 0 for gpus in group.gpus), default=0)
    if group.profile is None:
        count = min(offered)
        # A time-sliced share of a GPU is not a GPU.
        count = min(count, physical) if physical and group.shares else count
        return Units(count, None, count)
    profile = model.profile(group.profile) if model else None
    per_gpu = profile.per_gpu if profile else _guessed(group.profile, max(offered), physical)
    count = max(physical, 1 if group.shares else math.ceil(max(offered) / per_gpu))
    return Units(count, None if profile else per_gpu, count * per_gpu)


def _guessed(profile: str, units: int, physical: int) -> int:
    """Return how many slices of a profile a GPU has that the catalogue does not know: at most what others have."""
    if physical:
        return min(math.ceil(units / physical), _COMPUTE)
    known = [board.profile(profile) for board in ALL_GPU_MODELS]
    parsed = parse_profile_name(profile)
    widest = max(_COMPUTE // parsed.compute, 1) if parsed else 1
    return min(max((each.per_gpu for each in known if each), default=widest), units)


def unit_memory(group: Group, model: GpuModel | None, field: str = "memoryPerGpu") -> tuple[str, str | None]:
    """Return the memory of one unit as a quantity, and what is doubtful about it, of what is written in `field`.

    What labels report counts, never above what the catalogue knows, so that loading finds nothing to warn of.
    """
    profile = model.profile(group.profile) if model and group.profile else None
    parsed = parse_profile_name(group.profile) if group.profile else None
    nominal = parsed.memory_gb if parsed else model.memory_gib if model else 0
    known = [profile.most_mib if profile else None, nominal * 1024 or None]
    reported = [offer.memory_mib for offer in group.offers]
    limits = [limit for limit in known if limit]
    if all(reported) and group.gpus:
        # In MiB even where these are whole GiB, which people write of somewhat less.
        return f"{min([each for each in reported if each] + limits)}Mi", None
    if profile and profile.usable_mib:
        return _written_mib(min([profile.usable_mib, *limits])), None
    if nominal:
        return f"{nominal}Gi", f"{field} {nominal}Gi is nominal, no label reports it; a unit has somewhat less"
    return "1Gi", f"{field} is not known; 1Gi keeps models off, write what one unit has"


def _written_mib(mib: int) -> str:
    return f"{mib // 1024}Gi" if mib % 1024 == 0 else f"{mib}Mi"


def allocatable(group: Group, per_node: int) -> tuple[dict[str, object], bool]:
    """Return what every node of `group` has for its pods beside GPUs, and whether it is a share.

    Where a node offers several resources, all else is divided among them by how much of the GPUs each is. How many pods
    it takes is said where that is not the usual number, or fewer than the `per_node` units of a node.
    """
    shared = any(_share(node, group) < 1 for node in group.nodes)
    cpu = _least(group, lambda node: node.cpu, _cores, shared=shared)
    memory = _least(group, lambda node: node.memory, _mebibytes, shared=shared)
    storage = _least(group, lambda node: node.storage, _mebibytes, shared=shared)
    found = {
        "cpu": cpu,
        "memory": memory,
        "pods": _pods(group, per_node),
        "ephemeralStorage": storage if amount(storage) >= GIB else None,
        "extendedResources": _extended(group),
    }
    return {field: value for field, value in found.items() if value}, shared


def _pods(group: Group, per_node: int) -> int | None:
    """Return how many pods of a pool every node takes beside those of daemons, where that must be said."""
    said = [(node, node.room_for_pods) for node in group.nodes]
    rooms = [int(room * _share(node, group)) for node, room in said if room is not None]
    if not rooms or (min(rooms) >= per_node and all(node.pods in (None, USUAL_PODS) for node in group.nodes)):
        return None
    return min(rooms)


def _extended(group: Group) -> dict[str, int]:
    """Return what every node has besides, and how much at least."""
    names = frozenset.intersection(*(frozenset(node.extended) for node in group.nodes))
    least = {
        name: min(int(node.extended[name] * _share(node, group)) for node in group.nodes) for name in sorted(names)
    }
    return dict([(name, number) for name, number in least.items() if number][:MOST_EXTENDED])


def _least(group: Group, written: Callable[[LiveNode], str], rounded: Callable[[Decimal], str], *, shared: bool) -> str:
    amounts = [(amount(written(node)) * _share(node, group), written(node)) for node in group.nodes]
    value, text = min(amounts)
    if not value:
        return ""
    return rounded(value) if shared else text


def _cores(value: Decimal) -> str:
    millis = int(value * 1000)
    if not millis:
        return ""
    return str(millis // 1000) if millis % 1000 == 0 else f"{millis}m"


def _mebibytes(value: Decimal) -> str:
    mib = int(value // _MIB)
    return _written_mib(mib) if mib else ""


def _share(node: LiveNode, group: Group) -> Decimal:
    """Return the part of a node that is a group's: nothing where its units are doubtful, and others are not."""
    gpus = node.gpus
    if gpus is None:
        return Decimal(1)
    offers = usable_offers(node)
    certain = [offer for offer in offers if not is_doubtful(gpus, offer)]
    weights = {
        offer.resource: offer.units * _weight(offer.profile, gpus.model_of(offer.resource))
        for offer in certain or offers
    }
    own = sum(weights.get(resource, 0) for resource in group.resources)
    return Decimal(own) / Decimal(sum(weights.values()))


def _weight(profile: str | None, model: GpuModel | None) -> int:
    """Return the compute slices of a unit."""
    parsed = parse_profile_name(profile) if profile else None
    if parsed:
        return parsed.compute
    known = (parse_profile_name(each.name) for each in (model.profiles if model else ()))
    return max((each.compute for each in known if each), default=_COMPUTE)


def reserved_units(group: Group, units: Units, held: Mapping[str, int], most_nodes: int) -> tuple[int, int]:
    """Return how many units of the pool are not there, and how many others hold.

    Args:
        group: The group.
        units: How its units are counted.
        held: Units of the resource that pods of others hold, by node.
        most_nodes: How many nodes the pool can have; those yet to come are like the best that is there.
    """
    missing = [max(units.per_node - offer.units, 0) for offer in group.offers]
    coming = max(most_nodes - len(group.nodes), 0) * min(missing)
    taken = sum(min(held.get(node.name, 0), offer_of(node, group.resource).units) for node in group.nodes)
    return sum(missing) + coming, taken
