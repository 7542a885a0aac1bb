"""What is proposed for a pool: how many of its nodes are cut anew, and the pools that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from slicewise.documents import Fleet, InferenceEnvironment, NodePool
from slicewise.layouts.fleet_program import NewCut
from slicewise.layouts.gpu_cuts import NodeGpus
from slicewise.layouts.pool_states import PoolState
from slicewise.layouts.split_pools import cut_name, kept_part, new_part


@dataclass(frozen=True)
class PoolProposal:
    """What is proposed for a pool.

    Attributes:
        state: The pool as it is.
        new: What becomes of some of its nodes, by how they are cut; empty where it stays as it is.
    """

    state: PoolState
    new: tuple[NewCut, ...] = ()

    @property
    def recut(self) -> int:
        """How many nodes are cut anew."""
        return sum(each.nodes for each in self.new)

    @property
    def kept(self) -> int:
        """How many nodes stay as they are."""
        return self.state.pool.nodes - self.recut

    @property
    def is_split(self) -> bool:
        """Whether it becomes several pools."""
        return bool(self.new) and (self.kept > 0 or len(self.new) > 1)

    @property
    def groups(self) -> list[tuple[int, Mapping[str, int], str]]:
        """How many nodes have which slices, and what MIG manager calls a new cut; those that stay come first."""
        kept: list[tuple[int, Mapping[str, int], str]] = [(self.kept, self.state.slices, "")] if self.kept else []
        return [*kept, *((each.nodes, each.slices, self.name_of(each)) for each in self.new)]

    def gpus_of(self, new: NewCut) -> NodeGpus:
        """Return all GPUs of a node that is cut anew."""
        return NodeGpus(new.gpus, self.state.whole_gpus)

    def name_of(self, new: NewCut) -> str:
        """Return what MIG manager's configuration calls a new cut."""
        return cut_name(self.gpus_of(new))

    @property
    def pools(self) -> tuple[NodePool, ...]:
        """The pools of the document, the nodes that keep their slices first."""
        pool = self.state.pool
        if not self.new:
            return (pool,)
        if not self.is_split:
            return (self.state.cut_into(self.new[0].slices),)
        kept = (kept_part(pool, self.recut),) if self.kept else ()
        return *kept, *(new_part(pool, each.nodes, each.slices, self.name_of(each)) for each in self.new)

    @property
    def new_pools(self) -> tuple[NodePool, ...]:
        """The pools of nodes that are cut anew."""
        return self.pools[1 if self.kept else 0 :] if self.new else ()


def with_proposals(fleet: Fleet, proposals: Sequence[PoolProposal]) -> Fleet:
    """Return `fleet` with the pools that are proposed."""
    by_key = {each.state.key: each for each in proposals}

    def changed(environment: InferenceEnvironment) -> InferenceEnvironment:
        name = environment.metadata.name
        pools = tuple(part for pool in environment.spec.node_pools for part in by_key[name, pool.name].pools)
        return environment.model_copy(update={"spec": environment.spec.model_copy(update={"node_pools": pools})})

    return replace(fleet, environments=tuple(map(changed, fleet.environments)))
