"""The units that a serving profile could get, whether its engine starts on them or not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from slicewise.documents import Fleet, NodePool, ServingProfile, offer_in_words, offered_as, offers_of, unit_of
from slicewise.kubernetes import readable
from slicewise.planning.matching import profile_selector_reason, requirement_reason
from slicewise.sizing import OfferedUnit


def offered_pools(fleet: Fleet, profile: ServingProfile) -> Iterator[tuple[str, NodePool]]:
    """Yield each pool that has what a profile requires, with its environment's name."""
    for environment in fleet.environments:
        if profile_selector_reason(profile, environment) is None:
            for pool in chain.from_iterable(map(offers_of, environment.spec.node_pools)):
                if requirement_reason(profile.replica_topology, pool) is None:
                    yield environment.metadata.name, pool


def offered_units(fleet: Fleet, profile: ServingProfile) -> tuple[OfferedUnit, ...]:
    """Return the units of these pools, with the requirement by which a profile gets one."""
    return tuple(offered_unit(environment, pool) for environment, pool in offered_pools(fleet, profile))


def offered_unit(environment: str, pool: NodePool) -> OfferedUnit:
    """Return the unit of a pool, with the requirement by which a profile gets one."""
    declared = readable(pool.unit_memory)
    what = "slices" if pool.mig else "GPUs"
    resource = offered_as(pool)
    which = f" ({offer_in_words(resource)})" if resource else ""
    way = f"require memoryPerGpu: {declared}, as the {what} of {environment}/{pool.name}{which} have"
    return OfferedUnit(unit_of(pool), way, pool.unit_memory.bytes)
