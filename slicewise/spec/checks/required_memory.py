"""Serving profiles that require no memory, where there are slices: the smallest one is taken."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple

from slicewise.kubernetes.canonical_quantity import canonical
from slicewise.kubernetes.quantity import Quantity
from slicewise.spec.codes import Code
from slicewise.spec.environment import NodePool
from slicewise.spec.fleet import Fleet, label
from slicewise.spec.model import MigPreference, ServingProfile
from slicewise.spec.problems import Advice


class _Slices(NamedTuple):
    """A pool of slices, and the environment that it is in."""

    memory: Quantity
    environment: str
    pool: NodePool


def check_required_memory(fleet: Fleet) -> Iterator[Advice]:
    """Yield the serving profiles that would be placed on the smallest slice, whatever their model's weights are."""
    slices = [
        _Slices(pool.capabilities.memory_per_gpu, environment.metadata.name, pool)
        for environment in fleet.environments
        for pool in environment.spec.node_pools
        if pool.mig
    ]
    slices.sort(key=attrgetter("memory"))
    for key, model in fleet.models.items():
        for index, profile in enumerate(model.serving):
            smallest = _smallest(profile, slices, fleet) if profile.replica_topology.units == 1 else None
            if smallest:
                path = f"{label(*key)}: spec.serving[{index}].replicaTopology.requires.memoryPerGpu"
                yield Advice(path, Code.NO_MEMORY_REQUIRED, _message(profile, smallest))


def _message(profile: ServingProfile, smallest: _Slices) -> str:
    return (
        f'profile "{profile.name}" requires no memory, so any slice will do, and the smallest is preferred: a slice of '
        f"{smallest.environment}/{smallest.pool.name} has {canonical(smallest.memory)}, and a model that is larger "
        "runs out of memory there; write what its weights, KV cache and engine need (in bf16 8B of parameters alone "
        "are 15Gi)"
    )


def _smallest(profile: ServingProfile, slices: list[_Slices], fleet: Fleet) -> _Slices | None:
    requires = profile.replica_topology.requires
    if requires.memory_per_gpu is not None or requires.mig is MigPreference.NEVER:
        return None
    for each in slices:
        labels = fleet.environment[each.environment].metadata.labels
        computes = requires.precision_support <= each.pool.capabilities.precision_support
        if computes and profile.environment_selector.selects(labels):
            return each
    return None
