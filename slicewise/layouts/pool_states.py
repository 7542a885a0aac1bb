"""The pools of a fleet as a layout sees them: how their nodes are cut now, and how many may be cut anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from slicewise.documents import (
    MAX_POOLS,
    Fleet,
    InferenceEnvironment,
    NodePool,
    Scheduling,
    catalogued,
    offers_of,
    units_per_node,
)
from slicewise.layouts.gpu_cuts import GpuCut, fullest_cuts
from slicewise.mig import GpuModel, MigStrategy, can_be_placed, memory_slices
from slicewise.planning import Placement, PreviousPlacement, PreviousPrefill


@dataclass(frozen=True)
class PoolState:
    """A pool whose nodes are cut into slices, or have whole GPUs.

    Attributes:
        environment: Where it is.
        pool: As its document has it.
        board: Its GPUs; None where the catalogue does not know them.
        kept_because: Why none of its nodes may be cut anew; empty where some may.
        free_nodes: Nodes that may be cut anew: on which surely nothing is that keeps its place.
        running: Units of each resource that keep their place.
    """

    environment: InferenceEnvironment
    pool: NodePool
    board: GpuModel | None
    kept_because: str
    free_nodes: int
    running: Mapping[str, int]

    @property
    def key(self) -> tuple[str, str]:
        """The names of environment and pool."""
        return self.environment.metadata.name, self.pool.name

    @property
    def may_split(self) -> bool:
        """Whether its environment has room for another pool, even if all pools of it are split."""
        return self._most_parts > 1

    @property
    def most_groups(self) -> int:
        """In how many ways its nodes may be cut anew, if all pools of its environment are cut in as many."""
        return max(1, self._most_parts - 1)

    @property
    def _most_parts(self) -> int:
        return MAX_POOLS // len(self.environment.spec.node_pools)

    @property
    def gpus(self) -> int:
        """How many GPUs of a node are cut."""
        return self.pool.accelerator_count - self.whole_gpus

    @property
    def whole_gpus(self) -> int:
        """How many GPUs of a node stay whole."""
        return self.pool.mig.whole_gpus if self.pool.mig else 0

    @property
    def slices(self) -> dict[str, int]:
        """How many slices of each profile a node has now; none where the driver cuts them when pods come."""
        mig = self.pool.mig
        if mig is None or mig.dynamic:
            return {}
        return dict(mig.slices) if mig.slices else {str(mig.profile): units_per_node(self.pool) or 0}

    @cached_property
    def offered(self) -> dict[str, int]:
        """How many units of each resource a node offers now."""
        return {offer.resource: units_per_node(offer) or 0 for offer in offers_of(self.pool)}

    @cached_property
    def reserved(self) -> dict[str, int]:
        """How many units of each resource are left alone, of all nodes."""
        return {offer.resource: offer.reserved_units for offer in offers_of(self.pool)}

    @property
    def nodes_needed(self) -> int:
        """How many nodes hold what is running and reserved, if no unit of them is left free."""
        units = ((self.running.get(name, 0) + self.reserved[name], count) for name, count in self.offered.items())
        return max((-(-taken // count) for taken, count in units if count), default=0)

    def cuts(self, profiles: Iterable[str]) -> tuple[GpuCut, ...]:
        """Return the ways to cut one of its GPUs into some profiles."""
        return fullest_cuts(self.board, profiles) if self.board else ()

    def left_by(self, cut: GpuCut) -> int:
        """Return the memory of a GPU that lies in no slice of `cut`, in GiB, rounded down."""
        if self.board is None:
            return 0
        sizes = {profile.name: profile.memory_slices for profile in self.board.profiles}
        every = memory_slices(self.board)
        free = every - sum(sizes[each.profile] for each in cut.slices)
        return int(free * self.board.memory_gib // every)

    def cut_into(self, slices: Mapping[str, int]) -> NodePool:
        """Return the pool with other slices on each node."""
        return with_slices(self.pool, slices)

    @property
    def choices(self) -> list[str]:
        """The profiles that its GPUs may be cut into: those without a suffix whose memory is known."""
        memory = (self.pool.mig.memory_per_slice if self.pool.mig else None) or {}
        every = self.board.profiles if self.board and not self.kept_because else ()
        return [each.name for each in every if each.name.endswith("gb") and (each.usable_mib or each.name in memory)]


def with_slices(pool: NodePool, slices: Mapping[str, int]) -> NodePool:
    """Return `pool` with nodes that are cut into `slices`; a slice's memory is the catalogue's."""
    mig = pool.capabilities.mig_configuration
    if mig is None:
        raise AssertionError(f"{pool.name} is not cut")
    cut = mig.model_copy(
        update={"profile": None, "slices_per_gpu": None, "slices": dict(slices), "reserved_slices": None}
    )
    memory = pool.capabilities.memory_per_gpu if mig.whole_gpus else None
    capabilities = pool.capabilities.model_copy(update={"mig_configuration": cut, "memory_per_gpu": memory})
    return pool.model_copy(update={"capabilities": capabilities, "reserved_units": 0})


def pool_states(
    fleet: Fleet, running: Iterable[Placement], leaving: Iterable[PreviousPlacement] = ()
) -> list[PoolState]:
    """Return every pool of `fleet`, with what of `running` is on it, and no pods but those and what is `leaving`."""
    units: dict[tuple[str, str], Counter[str]] = {}
    pods: Counter[tuple[str, str]] = Counter()
    for placement in running:
        for workload in placement.workloads:
            key = (workload.environment, workload.node_pool)
            units.setdefault(key, Counter())[workload.resource] += workload.units
            pods[key] += workload.replicas * workload.nodes_per_replica
    for old in leaving:
        workloads: list[PreviousPlacement | PreviousPrefill] = [old, *([old.prefill] if old.prefill else [])]
        for here in workloads:
            pods[old.environment, here.node_pool] += here.units // here.gpus_per_node
    return [
        _state(environment, pool, units.get((environment.metadata.name, pool.name), {}), pods)
        for environment in fleet.environments
        for pool in environment.spec.node_pools
    ]


def _state(
    environment: InferenceEnvironment,
    pool: NodePool,
    running: Mapping[str, int],
    pods: Mapping[tuple[str, str], int],
) -> PoolState:
    board = catalogued(pool)
    why = next(_reasons(environment, pool, board), "")
    reserved = sum(offer.reserved_units for offer in offers_of(pool))
    # Nobody knows on which nodes pods stand: on as many as there are pods.
    busy = pods.get((environment.metadata.name, pool.name), 0) + reserved
    free = 0 if why else max(0, pool.nodes - busy)
    return PoolState(environment, pool, board, why, free, running)


def _reasons(environment: InferenceEnvironment, pool: NodePool, board: GpuModel | None) -> Iterator[str]:
    """Yield why the nodes of a pool are not cut anew."""
    mig = pool.mig
    if mig is None:
        yield "its GPUs are whole"
    elif mig.fixed:
        yield "migConfiguration.fixed is true"
    elif (scheduling := environment.scheduling_of(pool)) is not Scheduling.ACTIVE:
        yield f"its scheduling is {scheduling}"
    elif mig.dynamic:
        yield "its GPUs are cut on demand"
    elif environment.spec.cluster.existing is None:
        yield "the stack creates its nodes"
    elif mig.strategy is MigStrategy.SINGLE:
        yield "the device plugin's strategy is single"
    elif pool.max_node_count is not None:
        yield "an autoscaler adds and removes its nodes"
    elif board is None or not board.mig_capable:
        yield "the catalogue does not know its GPUs"
    elif not can_be_placed(board, [each.name for each in board.profiles]):
        yield "nobody publishes where slices may begin on its GPUs"
