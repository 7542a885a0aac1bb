"""One profile of a pool whose GPUs are cut on demand, while a plan is made: slices of the others take its places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from slicewise.documents import catalogued, declared_pool
from slicewise.mig import OnDemandGpu, on_demand_gpu
from slicewise.planning.capacity.no_room import TooFewPlaces
from slicewise.planning.capacity.offer_ledger import OfferLedger
from slicewise.planning.capacity.on_demand_soundness import OnDemandNode, is_sound_on_demand
from slicewise.planning.capacity.sizes import NodeSize, PodSize
from slicewise.planning.plan import PoolUsage
from slicewise.planning.reasons import Reason

_ONE_SLICE = PodSize(1)


class OnDemandLedger(OfferLedger):
    """Its slices are cut from the same GPUs as those of the other profiles, wherever the driver has a place."""

    @property
    def shares_nodes(self) -> bool:
        """Whether the pods of the other profiles take anything that these pods need: GPUs."""
        return True

    @property
    def mixes(self) -> bool:
        """Whether it depends on what else is there how much is left for pods of one size."""
        return True

    def mixing(self, pod: PodSize) -> int:
        """Return how much a pod would mix profiles or sizes: 2 beside other profiles, as sizes do else."""
        return 2 if any(each.pods for each in self.others) else super().mixing(pod)

    def usage(self) -> PoolUsage:
        """Return how full the pool is, and how many more slices cannot be promised beside those of other profiles."""
        gpus = declared_pool(self.pool).accelerator_count
        return replace(super().usage(), blocked=self._blocked(), gpus_on_demand=gpus)

    def _find_no_room(self, pod: PodSize, count: int) -> Reason:
        blocked, needs = self._blocked(), count * pod.units
        if blocked and self.free - blocked < needs:
            return TooFewPlaces(self.free - blocked, self.units, needs, blocked)
        return super()._find_no_room(pod, count)

    def _blocked(self) -> int:
        """Return how many units that are neither charged nor reserved cannot be promised beside other profiles."""
        return self.free - min(self.free, self.most(_ONE_SLICE))

    @property
    def _alone(self) -> bool:
        """Whether no pods of other profiles are there, nor anything that is reserved for them."""
        return not any(each.pods or each.pool.reserved_units for each in self.others)

    def with_reserved_slices(self) -> Counter[PodSize]:
        """Return the pods of this profile, and one for each slice that is reserved."""
        if self.pods or not self.pool.reserved_units:
            return super().with_reserved_slices()
        return Counter({_ONE_SLICE: self.pool.reserved_units})

    def _alike(self, pod: PodSize) -> bool:
        """Return whether counting slices is exact: there are no others."""
        return self._alone and super(OfferLedger, self)._alike(pod)

    def _holds(self, node: NodeSize, pods: Mapping[PodSize, int]) -> bool:
        """Return whether nodes of a size take `pods` of this profile beside those of the others, in any order."""
        gone = {name for name, _ in self.node.limits()} - {name for name, _ in node.limits()}
        sizes = [each.without(gone) for each in self._sizes] if gone else self._sizes
        on_demand = OnDemandNode(declared_pool(self.pool).accelerator_count, self._gpu, sizes)
        return is_sound_on_demand(self.pool.nodes, on_demand, self._together(pods, gone))

    @property
    def _gpu(self) -> OnDemandGpu:
        gpu = catalogued(self.pool)
        profiles = (each.pool.mig.profile if each.pool.mig else None for each in self._offers)
        if gpu is None:
            raise AssertionError(f"{self.pool.name} passed validation without a GPU model")
        return on_demand_gpu(gpu.name, tuple(profiles))
