"""The units that profiles could get, of pools that are compared with them already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from slicewise.documents import Fleet, ServingProfile
from slicewise.planning.capacity import PoolLedger
from slicewise.planning.declared_units import offered_unit
from slicewise.planning.matched_requirements import MatchedRequirements
from slicewise.planning.matching import profile_selector_reason
from slicewise.planning.reasons import EngineMemoryTooSmall
from slicewise.sizing import OfferedUnit


class OfferedUnits:
    """The units of a fleet's pools, with the requirement by which a profile gets one."""

    def __init__(self, fleet: Fleet, requirements: MatchedRequirements, pools: Sequence[PoolLedger]) -> None:
        """Offer the units of `pools`, of which `requirements` are known."""
        self._fleet = fleet
        self._requirements = requirements
        self._pools = pools

    def to(self, profile: ServingProfile) -> tuple[OfferedUnit, ...]:
        """Return of each class of pools that has what a profile requires the unit that is first by its words."""
        reasons = self._requirements.reasons[self._requirements.shape_of[id(profile)]]
        able = (
            number
            for number, reason in enumerate(reasons)
            if reason is None or isinstance(reason, EngineMemoryTooSmall)
        )
        return tuple(offer for number in able for offer in self._first(number, profile))

    def _first(self, number: int, profile: ServingProfile) -> Iterator[OfferedUnit]:
        for environment, offer in self._by_class[number]:
            if profile_selector_reason(profile, self._fleet.environment[environment]) is None:
                yield offer
                return

    @cached_property
    def _by_class(self) -> Sequence[Sequence[tuple[str, OfferedUnit]]]:
        """For each class of pools their environments and units, by words."""
        found: list[list[tuple[str, OfferedUnit]]] = [[] for _ in self._requirements.units]
        for number, pool in zip(self._requirements.class_of, self._pools, strict=True):
            found[number].append((pool.environment, offered_unit(pool.environment, pool.pool)))
        return [sorted(here, key=lambda each: each[1].way) for here in found]
