"""Nodes that a pool seems to mean and does not have: which they are, why they are not its own, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from slicewise.clusters.live import Gpus, LabelledBy, LiveNode
from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.label_ownership import is_of_gke, is_written_by_hand, tells_of_gpus
from slicewise.clusters.verify.pools.membership import lacks, missing_labels, names_of, units_of
from slicewise.clusters.verify.pools.units import CUT_ALIKE, as_declared, as_found, is_other_model
from slicewise.diagnostics import are, some
from slicewise.mig import WHOLE_GPU_RESOURCE

# From these labels alone it is not known whether a unit of nvidia.com/gpu is a slice.
_SILENT = frozenset({LabelledBy.EKS, LabelledBy.ALLOCATABLE})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why nodes are not the pool's, beyond their labels; equal on all nodes that share it.

    Attributes:
        says: What they are: `cut into 1g.10gb`.
        fix: How they become what is declared.
        declare: What to declare instead; empty where nothing can be.
    """

    says: str
    fix: str
    declare: str = ""


@dataclass(frozen=True, slots=True)
class NearMisses:
    """Nodes that belong to no pool, and that this one seems to mean.

    Attributes:
        nodes: All of them.
        reasons: Nodes by the reason that explains them.
        unlabelled: Those that only their labels explain.
    """

    nodes: tuple[LiveNode, ...]
    reasons: dict[Reason, list[LiveNode]]
    unlabelled: tuple[LiveNode, ...]

    def fixes(self) -> list[str]:
        """Return how those that something explains become what is declared."""
        return list(dict.fromkeys(reason.fix for reason in self.reasons))

    def remedies(self) -> list[str]:
        """Return what to declare in the pool's place, or else how these nodes become what is declared."""
        return [f"{each.declare}, or {each.fix}" if each.declare else each.fix for each in self.reasons]

    def told(self, compared: ComparedPool) -> str:
        """Say of each what it is, or lacks."""
        parts = [f"{some(names_of(nodes))} {are(len(nodes))} {reason.says}" for reason, nodes in self.reasons.items()]
        return "; ".join((*parts, lacks(compared.pool, self.unlabelled)) if self.unlabelled else parts)


def near_misses(compared: ComparedPool, strays: Iterable[LiveNode]) -> NearMisses:
    """Return those of the GPU nodes `strays`, which belong to no pool, that this one seems to mean.

    They offer its resource, or carry all of its selector but one label: any of several, or one that says how GPUs of
    the declared model are cut. None where the pool has the nodes that are declared.
    """
    if len(compared.nodes) >= compared.pool.node_count:
        return explained(compared, ())
    return explained(compared, [node for node in strays if _seems_meant(compared, node)])


def explained(compared: ComparedPool, nodes: Sequence[LiveNode]) -> NearMisses:
    """Tell apart the nodes that something explains from those that lack a label and no more."""
    reasons: dict[Reason, list[LiveNode]] = {}
    unlabelled: list[LiveNode] = []
    for node in nodes:
        reason = _reason(compared, node)
        if reason:
            reasons.setdefault(reason, []).append(node)
        else:
            unlabelled.append(node)
    return NearMisses(tuple(nodes), reasons, tuple(unlabelled))


def label_remedy(compared: ComparedPool, nodes: Iterable[LiveNode]) -> str:
    """Return how nodes come to be matched: labels are to be written only where nothing else writes them."""
    missing = sorted({key for node in nodes for key in missing_labels(compared.pool, node)})
    given = [key for key in missing if not is_written_by_hand(key)]
    if given:
        keys = f"{some(given)} {are(len(given))}"
        return f"correct the nodeSelector ({keys} not for people to write: the cloud or NVIDIA's tools do)"
    return "correct the nodeSelector, or label the nodes (kubectl label node NODE KEY=VALUE)"


def _seems_meant(compared: ComparedPool, node: LiveNode) -> bool:
    pool, missing = compared.pool, missing_labels(compared.pool, node)
    if pool.max_node_count is not None and compared.nodes and _is_otherwise(compared, node):
        # The pool's own nodes are still to come from the autoscaler; these belong to another pool.
        return False
    gpu_label = len(missing) == 1 and all(map(tells_of_gpus, missing)) and _is_of_model(compared, node)
    return bool(units_of(node, pool.resource)) or gpu_label or (len(missing) == 1 < len(pool.node_selector))


def _is_otherwise(compared: ComparedPool, node: LiveNode) -> bool:
    """Return whether the node has another value of all that the pool selects by, and is not a broken one of its own."""
    broken = node.gpus is not None and node.gpus.invalid
    return not broken and all(
        node.labels.get(key, value) != value for key, value in compared.pool.node_selector.items()
    )


def _is_of_model(compared: ComparedPool, node: LiveNode) -> bool:
    return compared.model is not None and node.gpus is not None and node.gpus.model == compared.model


def _reason(compared: ComparedPool, node: LiveNode) -> Reason | None:
    gpus = node.gpus
    if gpus is None or is_other_model(compared, gpus):
        return None
    missing = missing_labels(compared.pool, node)
    if not all(map(tells_of_gpus, missing)) or _is_for_gke_alone(missing, node):
        return None
    if gpus.invalid:
        return Reason(
            "MIG-INVALID: the slices do not fit the single strategy, so the device plugin offers none", CUT_ALIKE
        )
    says = _cut_otherwise(compared, gpus)
    if not says:
        return None
    found = [offer for offer in gpus.offers if offer.units]
    if missing and compared.profile and all(offer.profile is None for offer in found):
        # Whole GPUs that merely are in the same cluster are not a reason to declare whole GPUs.
        return Reason(says, f"{as_declared(compared, gpus)}, or remove the pool")
    instead = ", ".join(f"{key}: {node.labels[key]}" for key in sorted(missing) if key in node.labels)
    return Reason(says, as_declared(compared, gpus), as_found(found) + (f", select {instead}" if instead else ""))


def _is_for_gke_alone(missing: Iterable[str], node: LiveNode) -> bool:
    """Return whether only GKE writes a label that is missing, on a node that is not GKE's: a new cut would not help."""
    return any(map(is_of_gke, missing)) and not any(map(is_of_gke, node.labels))


def _cut_otherwise(compared: ComparedPool, gpus: Gpus) -> str:
    """Say how the GPUs are cut; empty where they are cut as declared, or nothing says it."""
    found = [offer for offer in gpus.offers if offer.units]
    if not found or compared.profile in {offer.profile for offer in found}:
        return ""
    if any(gpus.is_exceeded_by(offer) for offer in found):
        return ""
    if gpus.told_by in _SILENT and any(offer.resource == WHOLE_GPU_RESOURCE for offer in found):
        return ""
    profiles = [offer.profile for offer in found if offer.profile]
    return f"cut into {', '.join(profiles)}" if profiles else "not cut into slices"
