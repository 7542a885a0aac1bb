"""A node beside the pool that it belongs to: what several checks of the pool need to know of it, judged once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from slicewise.clusters.live import REPELS, UNSETTLED, Gpus, LiveNode, Taint, keeping_out, not_tolerated
from slicewise.clusters.verify.pools.declared_pool import DeclaredPool
from slicewise.clusters.verify.pools.unit_faults import (
    CutOnDemand,
    MoreUnits,
    OtherUnits,
    UnexplainedUnits,
    UnitFault,
    unit_fault,
)
from slicewise.clusters.verify.pools.unmet_requirements import unmet
from slicewise.documents import Allocation, DeploymentKey
from slicewise.manifests import pod_tolerations
from slicewise.mig import WHOLE_GPU_RESOURCE, GpuModel

# With these, units may be what pods of the plan require, though not all that is declared.
_MAY_DO = MoreUnits | OtherUnits | UnexplainedUnits | CutOnDemand


@dataclass(frozen=True, slots=True)
class PoolNode:
    """A node of a pool.

    Attributes:
        node: What is known of it.
        units: Units of the pool's resource that it offers.
        kept_out: Taints that keep the pool's pods out for now, and go by themselves.
        not_tolerated: The other taints that no toleration of the pool tolerates.
        model: The model of the GPUs that the units of the pool's resource are, or are on; None where it is not known.
        is_other_model: Whether the catalogue knows both the declared GPU model and the node's, and they differ.
        unmet: The deployments of the plan that a unit of the pool's resource on it does not do for.
        fault: What is wrong with the units that it offers; None where nothing is, or it has no GPUs.
    """

    node: LiveNode
    units: int
    kept_out: tuple[Taint, ...]
    not_tolerated: tuple[Taint, ...]
    model: GpuModel | None = None
    is_other_model: bool = False
    unmet: tuple[DeploymentKey, ...] = ()
    fault: UnitFault | None = None

    @property
    def name(self) -> str:
        """The node's name."""
        return self.node.name

    @property
    def gpus(self) -> Gpus | None:
        """The node's GPUs; None where it has none and no label speaks of any."""
        return self.node.gpus

    @property
    def takes_pods(self) -> bool:
        """Whether the pool's pods go there now: it offers units, is Ready, not cordoned, tainted or being cut anew."""
        return bool(
            self.units
            and self.node.ready
            and not self.node.cordoned
            and not self.kept_out
            and not any(taint.effect in REPELS for taint in self.not_tolerated)
            and not (self.gpus and self.gpus.mig_state in UNSETTLED)
        )

    @property
    def is_of_declared_kind(self) -> bool:
        """Whether it offers units of the declared kind, however many they are."""
        return bool(self.units) and not self.is_other_model and isinstance(self.fault, MoreUnits | CutOnDemand | None)

    @property
    def is_good_for_plan(self) -> bool:
        """Whether every pod of the plan that goes there finds what it requires of a unit."""
        if self.gpus is None or not isinstance(self.fault, _MAY_DO | None):
            return False
        return not self.unmet or (isinstance(self.fault, MoreUnits | CutOnDemand | None) and not self.is_other_model)


def beside(declared: DeclaredPool, nodes: Iterable[LiveNode]) -> Iterator[PoolNode]:
    """Judge nodes beside their pool."""
    tolerations = pod_tolerations(declared.pool)
    # Most nodes of a pool have the same GPUs, and the plan may have hundreds of deployments there.
    lacking: dict[Gpus, tuple[DeploymentKey, ...]] = {}
    for node in nodes:
        units, gpus = node.units(declared.resource), node.gpus
        kept_out = tuple(keeping_out(node.taints, tolerations))
        repelling = tuple(not_tolerated(node.taints, tolerations))
        if gpus is None:
            yield PoolNode(node, units, kept_out, repelling)
            continue
        if declared.pool.allocation is Allocation.CLAIM and is_other_model(declared, gpus):
            # Claims name the GPU model, so that no pod of the pool gets such a unit.
            units = 0
        if gpus not in lacking:
            lacking[gpus] = tuple(unmet(declared.required, gpus, declared.resource))
        yield PoolNode(
            node,
            units,
            kept_out,
            repelling,
            None if gpus.names_any_model else model_of(declared, gpus),
            not gpus.names_any_model and is_other_model(declared, gpus),
            lacking[gpus],
            unit_fault(declared, node, gpus, lacking[gpus]),
        )


def model_of(declared: DeclaredPool, gpus: Gpus) -> GpuModel | None:
    """Return the model of the GPUs that the units of the pool's resource are, or are on; None where it is not known.

    In a node of several models the label of whole GPUs describes these alone, unless they are of several models, too.
    """
    offer = gpus.offer(declared.resource)
    if gpus.has_several_models and not (offer and offer.model):
        is_whole = offer is not None and offer.resource == WHOLE_GPU_RESOURCE and gpus.is_described(offer)
        return gpus.model if is_whole else None
    return gpus.model_of(declared.resource)


def is_other_model(declared: DeclaredPool, gpus: Gpus) -> bool:
    """Return whether the catalogue knows both the declared GPU model and that of such units, and they differ."""
    model = model_of(declared, gpus)
    return declared.model is not None and model is not None and model != declared.model
