"""The units that profiles could get, of pools that are compared with them already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from slicewise import sizing
from slicewise.documents import Fleet, ServingProfile
from slicewise.planning.capacity import PoolLedger
from slicewise.planning.declared_units import offered_unit
from slicewise.planning.matched_requirements import MatchedRequirements
from slicewise.planning.matching import profile_selector_reason
from slicewise.planning.reasons import EngineMemoryTooSmall, Reason
from slicewise.sizing import OfferedUnit


class OfferedUnits:
    """The units of a fleet's pools, with the requirement by which a profile gets one."""

    def __init__(self, fleet: Fleet, requirements: MatchedRequirements, pools: Sequence[PoolLedger]) -> None:
        """Offer the units of `pools`, of which `requirements` are known."""
        self._fleet = fleet
        self._requirements = requirements
        self._pools = pools

    def to(self, profile: ServingProfile) -> Iterator[OfferedUnit]:
        """Yield of each class of pools that has what a profile requires the unit that requires least.

        They come in the order of `sizing.offer_order`.
        """
        reasons = self._requirements.reasons[self._requirements.shape_of[id(profile)]]
        for classes in self._by_memory:
            able = (each for each in classes if _offers(reasons[each.number]))
            yield from sorted((offer for each in able for offer in self._first(each, profile)), key=sizing.offer_order)

    def _first(self, pools: _Pools, profile: ServingProfile) -> Iterator[OfferedUnit]:
        for environment, offer in pools.offers:
            if profile_selector_reason(profile, self._fleet.environment[environment]) is None:
                yield offer
                return

    @cached_property
    def _by_memory(self) -> Sequence[Sequence[_Pools]]:
        """The classes of pools, the smallest unit first; those of one memory together."""
        found: list[list[tuple[str, OfferedUnit]]] = [[] for _ in self._requirements.units]
        for number, pool in zip(self._requirements.class_of, self._pools, strict=True):
            found[number].append((pool.environment, offered_unit(pool.environment, pool.pool)))
        by_memory: dict[int, list[_Pools]] = {}
        for number, here in enumerate(found):
            memory = self._requirements.units[number].memory
            by_memory.setdefault(memory, []).append(
                _Pools(number, sorted(here, key=lambda each: sizing.offer_order(each[1])))
            )
        return [classes for _, classes in sorted(by_memory.items())]


class _Pools(NamedTuple):
    """The pools of one class."""

    number: int
    offers: Sequence[tuple[str, OfferedUnit]]
    """Their environments and units, those that require least first."""


def _offers(reason: Reason | None) -> bool:
    return reason is None or isinstance(reason, EngineMemoryTooSmall)
