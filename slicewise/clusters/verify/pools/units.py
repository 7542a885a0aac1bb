"""Whether each node offers the units that its pool declares: one verdict a node, the first cause that explains it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slicewise.clusters.live import UNSETTLED, Gpus, LabelledBy, LiveNode, Offer
from slicewise.clusters.verify.pools.compared_pool import ComparedPool, gpu_facts
from slicewise.clusters.verify.pools.membership import units_of
from slicewise.clusters.verify.pools.requirements import unmet
from slicewise.diagnostics import NO_ROOM, Code, Found, Severity, Way, counted, some
from slicewise.documents import DeploymentKey
from slicewise.kubernetes import MIG_CONFIG_LABEL, MIG_CONFIG_STATE_LABEL, PRODUCT_LABEL
from slicewise.mig import WHOLE_GPU_RESOURCE, MigStrategy, kubernetes_spelling, resource_name

# Causes on the node itself: the same for every pool that shares the node.
_OF_NODES = frozenset({Code.NO_GPU_RESOURCE, Code.MIG_LAYOUT, Code.SHARED_UNITS})
# Units of another kind, which may be as good.
_STILL_UNITS = frozenset({Code.OTHER_PROFILE, Code.MORE_THAN_DECLARED})
_MIG_MANAGER = "read the logs of the node's nvidia-mig-manager pod"
CUT_ALIKE = "cut all GPUs of a node alike, or run the device plugin with the mixed strategy"
# Only these say of a unit of nvidia.com/gpu whether it is a whole GPU or a slice.
_TELL_PROFILES = frozenset({LabelledBy.GFD, LabelledBy.GKE})


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What is wrong with a node's units; equal on all nodes that share the cause.

    Attributes:
        code: Which kind of difference.
        says: What is the matter.
        remedy: What to do.
        misled: The deployments whose pods may go there and get something else than they require.
        takes_room: Whether the plan's pods cannot use the node's units.
    """

    code: Code
    says: str
    remedy: str
    misled: tuple[DeploymentKey, ...] = ()
    takes_room: bool = True


def check_units(compared: ComparedPool) -> Iterator[Found]:
    """Yield what is wrong with what nodes offer, once a cause."""
    yield from _nodes_without_gpus(compared)
    groups: dict[_Verdict, list[str]] = {}
    for node, gpus in gpu_facts(compared.gpu_nodes):
        if not is_other_model(compared, gpus):
            verdict = _verdict(compared, node, gpus)
            if verdict:
                groups.setdefault(verdict, []).append(node.name)
    for verdict, names in groups.items():
        misled = f"; pods of {some(list(map(str, verdict.misled)))} may get one" if verdict.misled else ""
        yield Found(
            verdict.code,
            Severity.ERROR if verdict.misled else Severity.WARNING,
            f"{_on(compared, names)}: {verdict.says}{misled}",
            verdict.remedy,
            _cause(verdict, names),
            takes_room=verdict.takes_room and not verdict.misled,
        )
    yield from _fewer_units(compared)


def settled_nodes(compared: ComparedPool) -> list[tuple[LiveNode, Gpus]]:
    """Return the nodes whose units are of the declared kind, however many they are."""
    return [
        (node, gpus)
        for node, gpus in gpu_facts(compared.offering)
        if not is_other_model(compared, gpus) and not _is_otherwise(compared, node, gpus)
    ]


def offers_what_is_declared(compared: ComparedPool, node: LiveNode) -> bool:
    """Return whether every pod of the plan that goes to the node finds what it requires of a unit."""
    if node.gpus is None:
        return False
    verdict = _verdict(compared, node, node.gpus)
    if verdict is not None and verdict.code not in _STILL_UNITS:
        return False
    if (verdict is None or verdict.code is Code.MORE_THAN_DECLARED) and not is_other_model(compared, node.gpus):
        return True
    return not unmet(compared.required, node.gpus, compared.resource)


def is_other_model(compared: ComparedPool, gpus: Gpus) -> bool:
    """Return whether the catalogue knows both the declared GPU model and the node's, and they differ."""
    return compared.model is not None and gpus.model is not None and gpus.model != compared.model


def lost_units(compared: ComparedPool) -> dict[str, int]:
    """Return how many units fewer than declared pods of the plan can have, by the node's name.

    Where pods ask for several units, a node counts in whole pods: one GPU less of eight is eight lost for such a pod.
    """
    size = min(compared.largest_pod, compared.units_per_node)
    lost = {
        node.name: (compared.units_per_node // size - gpus.units(compared.resource) // size) * size
        for node, gpus in settled_nodes(compared)
        if node.ready
    }
    return {name: units for name, units in lost.items() if units > 0}


def _is_otherwise(compared: ComparedPool, node: LiveNode, gpus: Gpus) -> bool:
    verdict = _verdict(compared, node, gpus)
    return verdict is not None and verdict.code is not Code.MORE_THAN_DECLARED


def _on(compared: ComparedPool, names: list[str]) -> str:
    return f"on {len(names)} of {counted(len(compared.nodes), 'node')} ({some(names)})"


def _cause(verdict: _Verdict, names: list[str]) -> tuple[str, ...]:
    """Return what all pools on these nodes share; nothing where it is about the units that this pool declares."""
    return tuple(names) if verdict.code in _OF_NODES else ()


def _nodes_without_gpus(compared: ComparedPool) -> Iterator[Found]:
    missing = compared.pool.node_count - len(compared.gpu_nodes)
    # Beside enough GPU nodes, others may carry the labels too: no pod of ours goes there.
    if missing <= 0 or not compared.bare_nodes:
        return
    names = [node.name for node in compared.bare_nodes]
    yield Found(
        Code.NO_GPU_RESOURCE,
        Severity.WARNING,
        f"{_on(compared, names)}: no GPU resource and no GPU label, where {_wanted(compared)}",
        "install NVIDIA's driver and device plugin (the GPU Operator brings both), or narrow the nodeSelector",
        tuple(names),
        takes_room=True,
    )


def _verdict(compared: ComparedPool, node: LiveNode, gpus: Gpus) -> _Verdict | None:
    return _layout(gpus) or _sharing(compared, gpus) or _offer(compared, node, gpus)


def _layout(gpus: Gpus) -> _Verdict | None:
    config = f" {gpus.mig_config}" if gpus.mig_config else ""
    if gpus.mig_state == "failed":
        return _Verdict(
            Code.MIG_LAYOUT,
            f"MIG manager could not apply the layout{config} ({MIG_CONFIG_STATE_LABEL} is failed)",
            f"{_MIG_MANAGER}; a layout must exist for the GPU model, and no pod may use the GPUs while it is applied",
        )
    if gpus.mig_state in UNSETTLED:
        return _Verdict(
            Code.MIG_LAYOUT,
            f"MIG manager is applying the layout{config} ({MIG_CONFIG_STATE_LABEL} is {gpus.mig_state}), "
            "so what the node will offer is not known",
            "wait until the state is success, and verify again",
        )
    if gpus.invalid:
        return _Verdict(
            Code.MIG_LAYOUT,
            f"the slices do not fit the single strategy ({PRODUCT_LABEL} ends in MIG-INVALID), so the device "
            "plugin offers none",
            CUT_ALIKE,
        )
    return None


def _sharing(compared: ComparedPool, gpus: Gpus) -> _Verdict | None:
    if not gpus.shared:
        return None
    return _Verdict(
        Code.SHARED_UNITS,
        "units are shared (time-slicing or MPS): several pods get the same GPU or slice, and its memory is theirs "
        "together",
        "switch sharing off in the device plugin of these nodes; Slicewise gives each pod units of its own",
        tuple(compared.required) if gpus.units(compared.resource) else (),
    )


def _offer(compared: ComparedPool, node: LiveNode, gpus: Gpus) -> _Verdict | None:
    found = [offer for offer in gpus.offers if offer.units]
    if not found:
        return _nothing_offered(compared) if node.ready else None
    ours = next((offer for offer in found if offer.resource == compared.resource), None)
    if ours is None:
        return _not_offered(compared, gpus, found)
    if _looks_whole(compared, gpus, ours) or (_kind_known(gpus, ours) and ours.profile != compared.profile):
        return _other_profile(compared, gpus, [ours])
    if _is_unexplained(compared, gpus, ours):
        return _slices_or_shares(compared, gpus, ours)
    if ours.units > compared.units_per_node:
        return _Verdict(
            Code.MORE_THAN_DECLARED,
            f"{ours.units} units of {compared.resource}, {compared.units_per_node} declared",
            "correct acceleratorCount, so that all of them are counted",
            takes_room=False,
        )
    return None


def _nothing_offered(compared: ComparedPool) -> _Verdict:
    return _Verdict(
        Code.NO_GPU_RESOURCE,
        f"no GPU resource is offered, though labels speak of GPUs; {_wanted(compared)}",
        "look at the node's nvidia-device-plugin pod: it is missing, or it does not see the driver",
        # A node that an autoscaler has just added has no device plugin yet.
        takes_room=compared.short,
    )


def _wanted(compared: ComparedPool) -> str:
    reserved = compared.pool.reserved_units
    less = f", less the pool's reservedUnits ({reserved})" if reserved else ""
    return f"{compared.resource}: {compared.units_per_node} is declared{less}"


def _not_offered(compared: ComparedPool, gpus: Gpus, found: list[Offer]) -> _Verdict:
    """Say why what is declared is not among what is `found`."""
    same = [offer for offer in found if _is_same_unit(compared, gpus, offer)]
    if not same:
        unexplained = [offer for offer in found if gpus.is_exceeded_by(offer)]
        if unexplained:
            return _slices_or_shares(compared, gpus, unexplained[0])
        return _other_profile(compared, gpus, found)
    (offer, *_) = same
    declared, real = (
        (MigStrategy.MIXED, MigStrategy.SINGLE)
        if offer.resource == WHOLE_GPU_RESOURCE
        else (MigStrategy.SINGLE, MigStrategy.MIXED)
    )
    by = "GKE's device plugin offers" if gpus.told_by is LabelledBy.GKE else "the device plugin offers"
    return _Verdict(
        Code.WRONG_STRATEGY,
        f"slices of {compared.profile} are there, but {by} them as {offer.resource}: {offer.units}, and pods would ask "
        f"for {compared.resource} (strategy {declared})",
        f"write strategy: {real} in migConfiguration",
        takes_room=_blocks(compared),
    )


def _is_same_unit(compared: ComparedPool, gpus: Gpus, offer: Offer) -> bool:
    """Return whether `offer` is the declared profile under another name."""
    if compared.profile is None:
        return False
    if offer.resource != WHOLE_GPU_RESOURCE:
        return offer.resource == resource_name(compared.profile, MigStrategy.MIXED)
    if _kind_known(gpus, offer):
        return offer.profile == compared.profile
    # No label says what a unit is: as many as the slices would be, they are the slices.
    return offer.units == compared.units_per_node


def _kind_known(gpus: Gpus, offer: Offer) -> bool:
    if offer.resource != WHOLE_GPU_RESOURCE:
        return True
    return not gpus.is_exceeded_by(offer) and (offer.profile is not None or gpus.told_by in _TELL_PROFILES)


def _is_unexplained(compared: ComparedPool, gpus: Gpus, offer: Offer) -> bool:
    """Return whether units of unknown kind are more than the GPUs hold, if they were what is declared."""
    declared = compared.pool.accelerator_count
    per_gpu = compared.units_per_node // declared
    return not _kind_known(gpus, offer) and offer.units > (gpus.physical or declared) * per_gpu


def _slices_or_shares(compared: ComparedPool, gpus: Gpus, offer: Offer) -> _Verdict:
    sized = f" on {gpus.physical} GPUs: a unit is" if gpus.physical else ", and no label says whether a unit is a GPU,"
    declare = (
        f"declare profile: {offer.profile} with strategy: single, whose slices are as many"
        if offer.supposed
        else "declare the profile that they tell, or switch MIG and sharing off"
    )
    counted_wrongly = "" if gpus.physical else "; if each is a whole GPU, correct acceleratorCount"
    return _Verdict(
        Code.OTHER_PROFILE,
        f"declared are {_declared_kind(compared)}, found {offer.resource}: {offer.units}{sized} a slice or a share",
        f"let GPU feature discovery label the nodes, and {declare}{counted_wrongly}",
        tuple(compared.required) if offer.resource == compared.resource else (),
        takes_room=_blocks(compared),
    )


def _declared_kind(compared: ComparedPool) -> str:
    kind = f"slices of {compared.profile}" if compared.profile else "whole GPUs"
    return f"{kind} ({compared.resource}: {compared.units_per_node})"


def _looks_whole(compared: ComparedPool, gpus: Gpus, offer: Offer) -> bool:
    """Return whether units of unknown kind are as many as the GPUs, where slices would be more."""
    if offer.profile or compared.profile is None or offer.units == compared.units_per_node:
        return False
    return offer.units == (gpus.physical or compared.pool.accelerator_count)


def _other_profile(compared: ComparedPool, gpus: Gpus, found: list[Offer]) -> _Verdict:
    wrong = any(offer.resource == compared.resource for offer in found)
    return _Verdict(
        Code.OTHER_PROFILE,
        f"declared are {_declared_kind(compared)}, found {', '.join(_described(offer) for offer in found)}",
        _profile_remedy(compared, gpus, found),
        tuple(unmet(compared.required, gpus, compared.resource)) if wrong else (),
        takes_room=wrong or _blocks(compared),
    )


def _described(offer: Offer) -> str:
    kind = f"slices of {offer.profile}" if offer.profile else "whole GPUs"
    return f"{kind} ({offer.resource}: {offer.units})"


def _profile_remedy(compared: ComparedPool, gpus: Gpus, found: list[Offer]) -> str:
    return f"{as_found(found)}, or {as_declared(compared, gpus)}"


def as_found(found: list[Offer]) -> str:
    """Return what to write for nodes that offer `found`."""
    cut = next((offer for offer in found if offer.profile), None)
    if cut is None:
        return "remove migConfiguration and write the memory of a whole GPU as memoryPerGpu"
    strategy = MigStrategy.SINGLE if cut.resource == WHOLE_GPU_RESOURCE else MigStrategy.MIXED
    return f"declare profile: {cut.profile} with strategy: {strategy} and the memory of that slice as memoryPerGpu"


def as_declared(compared: ComparedPool, gpus: Gpus) -> str:
    """Return how the GPUs of a node come to be cut as declared, with what is there to cut them."""
    if gpus.told_by is LabelledBy.GKE:
        return f"make a GKE node pool {'with the declared' if compared.profile else 'without a'} partition size"
    if gpus.mig_config:
        layout = f"all-{kubernetes_spelling(compared.profile)}" if compared.profile else "all-disabled"
        if gpus.mig_config == layout:
            return f"see why MIG manager has not applied {layout}, which the node asks for: {_MIG_MANAGER}"
        return (
            "have MIG manager cut the GPUs as declared: "
            f"kubectl label node NODE {MIG_CONFIG_LABEL}={layout} --overwrite"
        )
    return f"cut the GPUs into {compared.profile}" if compared.profile else "switch MIG off on these GPUs"


def _blocks(compared: ComparedPool) -> bool:
    """Return whether a node that no pod of ours can go to matters: where the others are too few, or none."""
    return compared.short or not compared.offering


def _fewer_units(compared: ComparedPool) -> Iterator[Found]:
    lost = lost_units(compared)
    total, reserved = sum(lost.values()), compared.pool.reserved_units
    if total <= reserved:
        return
    found = {units_of(node, compared.resource) for node in compared.nodes if node.name in lost}
    several = f", {total} lost for pods of {compared.largest_pod} units" if compared.largest_pod > 1 else ""
    kept = f", and reservedUnits is {reserved}" if reserved else ""
    why = "find out why the device plugin leaves some out"
    ways = (
        Way(f"write reservedUnits: {total}, correct acceleratorCount, or {why}", {"reserved_units": total}),
        Way(f"{why}: reservedUnits: {total} {NO_ROOM}"),
    )
    yield Found(
        Code.FEWER_UNITS,
        Severity.WARNING,
        f"{_on(compared, sorted(lost))}: {_range(found)} units of {compared.resource}, "
        f"{compared.units_per_node} declared{several}{kept}",
        ways[0].remedy,
        takes_room=True,
        ways=ways,
        facts={"unitsOfANode": sorted(found), "declared": compared.units_per_node, "lost": total, "reserved": reserved},
    )


def _range(values: set[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low} to {high}"
