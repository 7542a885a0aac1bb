"""Nodes that a pool seems to mean and does not have: which they are, and why they are not its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from slicewise.clusters.live import Gpus, LabelledBy, LiveNode
from slicewise.clusters.verify.pools.cuts import Cut, Cutter, OwnLayout, cut_of, cutter_of
from slicewise.clusters.verify.pools.declared_pool import DeclaredPool
from slicewise.clusters.verify.pools.label_ownership import is_of_gke, is_written_by_hand, tells_of_gpus
from slicewise.clusters.verify.pools.membership import missing_labels
from slicewise.clusters.verify.pools.pool_node import is_other_model
from slicewise.documents import SelectedLabels
from slicewise.mig import WHOLE_GPU_RESOURCE

# From these labels alone it is not known whether a unit of nvidia.com/gpu is a slice.
_SILENT = frozenset({LabelledBy.EKS, LabelledBy.AKS, LabelledBy.ALLOCATABLE})


@dataclass(frozen=True, slots=True)
class CutOtherwise:
    """Why nodes are not the pool's, beyond their labels; equal on all nodes that share it.

    Attributes:
        profiles: What their GPUs are cut into; empty for whole GPUs, and for slices that do not fit their strategy.
        invalid: Whether the slices do not fit the single strategy.
        several_models: Whether their GPUs are of several models, so that no one pool can declare them.
        cutter: What could cut them as declared; None where they are `invalid`.
        declare: What could be declared in the pool's place; None where nothing can be.
        select: Labels that a pool for them would select by instead.
    """

    profiles: tuple[str, ...] = ()
    invalid: bool = False
    several_models: bool = False
    cutter: Cutter | OwnLayout | None = None
    declare: Cut | None = None
    select: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UnmatchedNode:
    """A node that lacks labels of the pool's nodeSelector.

    Attributes:
        node: The node.
        missing: What of the nodeSelector it does not carry.
        not_by_hand: Those of the missing labels that the cloud or NVIDIA's tools write, and not people.
    """

    node: LiveNode
    missing: SelectedLabels
    not_by_hand: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NearMisses:
    """Nodes that do not belong to a pool, and that it seems to mean.

    Attributes:
        nodes: All of them.
        cut_otherwise: Those whose cut explains it, by how they are cut.
        unlabelled: Those that only their labels explain.
    """

    nodes: tuple[LiveNode, ...] = ()
    cut_otherwise: tuple[tuple[CutOtherwise, tuple[LiveNode, ...]], ...] = ()
    unlabelled: tuple[UnmatchedNode, ...] = ()


def near_misses(declared: DeclaredPool, strays: Iterable[LiveNode], found: int) -> NearMisses:
    """Return those of the GPU nodes `strays`, which belong to no pool, that a pool with `found` nodes seems to mean.

    They offer its resource, or carry all of its selector but one label: any of several, or one that says how GPUs of
    the declared model are cut. None of another GPU model, and none where the pool has the nodes that are declared.
    """
    if found >= declared.pool.node_count:
        return NearMisses()
    return explained(declared, [node for node in strays if _seems_meant(declared, node, found)])


def explained(declared: DeclaredPool, nodes: Sequence[LiveNode]) -> NearMisses:
    """Tell apart the nodes whose cut explains that they are not the pool's, and those that merely lack a label."""
    cut_otherwise: dict[CutOtherwise, list[LiveNode]] = {}
    unlabelled: list[UnmatchedNode] = []
    for node in nodes:
        cut = _cut_otherwise(declared, node)
        if cut:
            cut_otherwise.setdefault(cut, []).append(node)
        else:
            unlabelled.append(unmatched(declared, node))
    groups = ((cut, tuple(those)) for cut, those in cut_otherwise.items())
    return NearMisses(tuple(nodes), tuple(groups), tuple(unlabelled))


def closest_nodes(declared: DeclaredPool, nodes: Sequence[LiveNode]) -> tuple[UnmatchedNode, ...]:
    """Return the nodes that lack fewest of the pool's labels; of those with GPUs of its model, or any GPUs, if any."""
    with_gpus = [node for node in nodes if node.gpus]
    fitting = [node for node in with_gpus if not _is_of_other_model(declared, node)]
    candidates = [unmatched(declared, node) for node in fitting or with_gpus or nodes]
    fewest = min((len(each.missing) for each in candidates), default=0)
    return tuple(each for each in candidates if len(each.missing) == fewest)


def unmatched(declared: DeclaredPool, node: LiveNode) -> UnmatchedNode:
    """Return what a node lacks of the pool's nodeSelector."""
    missing = missing_labels(declared.pool, node)
    return UnmatchedNode(node, missing, tuple(key for key in sorted(missing) if not is_written_by_hand(key)))


def _seems_meant(declared: DeclaredPool, node: LiveNode, found: int) -> bool:
    pool, missing = declared.pool, missing_labels(declared.pool, node)
    if _is_of_other_model(declared, node):
        return False
    if pool.max_node_count is not None and found and _is_of_another_pool(declared, node):
        # The pool's own nodes are still to come from the autoscaler; these belong to another pool.
        return False
    gpu_label = len(missing) == 1 and all(map(tells_of_gpus, missing)) and _is_of_model(declared, node)
    return bool(node.units(pool.resource)) or gpu_label or (len(missing) == 1 < len(pool.node_selector))


def _is_of_another_pool(declared: DeclaredPool, node: LiveNode) -> bool:
    """Return whether the node has another value of all that the pool selects by, and is not a broken one of its own."""
    broken = node.gpus is not None and node.gpus.invalid
    return not broken and all(
        key in node.labels and node.labels[key] not in values for key, values in declared.pool.selected.items()
    )


def _is_of_model(declared: DeclaredPool, node: LiveNode) -> bool:
    return declared.model is not None and node.gpus is not None and node.gpus.model == declared.model


def _is_of_other_model(declared: DeclaredPool, node: LiveNode) -> bool:
    return node.gpus is not None and is_other_model(declared, node.gpus)


def _cut_otherwise(declared: DeclaredPool, node: LiveNode) -> CutOtherwise | None:
    gpus = node.gpus
    if gpus is None or is_other_model(declared, gpus):
        return None
    missing = missing_labels(declared.pool, node)
    if not all(map(tells_of_gpus, missing)) or _is_for_gke_alone(missing, node):
        return None
    if gpus.invalid:
        return CutOtherwise(invalid=True)
    return _cut(declared, node, gpus, missing) if _is_known_to_be_cut_otherwise(declared, gpus) else None


def _cut(declared: DeclaredPool, node: LiveNode, gpus: Gpus, missing: SelectedLabels) -> CutOtherwise:
    """Return how a node is cut that lacks labels about its GPUs, or none, and what to do."""
    found = [offer for offer in gpus.offers if offer.units]
    profiles = tuple(offer.profile for offer in found if offer.profile)
    cutter = cutter_of(gpus, declared.profile)
    if gpus.has_several_models:
        return CutOtherwise(profiles, several_models=True, cutter=cutter)
    if missing and declared.profile and not profiles:
        # Whole GPUs that merely are in the same cluster are not a reason to declare whole GPUs.
        return CutOtherwise(cutter=cutter)
    select = tuple((key, node.labels[key]) for key in sorted(missing) if key in node.labels)
    return CutOtherwise(profiles, cutter=cutter, declare=cut_of(found), select=select)


def _is_for_gke_alone(missing: Iterable[str], node: LiveNode) -> bool:
    """Return whether only GKE writes a label that is missing, on a node that is not GKE's: a new cut would not help."""
    return any(map(is_of_gke, missing)) and not any(map(is_of_gke, node.labels))


def _is_known_to_be_cut_otherwise(declared: DeclaredPool, gpus: Gpus) -> bool:
    found = [offer for offer in gpus.offers if offer.units]
    if all(offer.flaw for offer in found) or any(offer.may_be(declared.profile) for offer in found):
        # Of GPUs that are shared labels will be others without that.
        return False
    if any(gpus.is_exceeded_by(offer) for offer in found):
        return False
    return gpus.told_by not in _SILENT or all(offer.resource != WHOLE_GPU_RESOURCE for offer in found)
