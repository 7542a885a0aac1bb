"""What one GPU can be cut into, where each slice lies, and in which order the slices are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from slicewise.mig import GpuModel, MigProfile, most_slices_cut


@dataclass(frozen=True, slots=True, order=True)
class PlacedSlice:
    """A slice on its GPU.

    Attributes:
        profile: Its MIG profile.
        start: The first of its memory slices, as the driver numbers them.
    """

    profile: str
    start: int


@dataclass(frozen=True, slots=True)
class GpuCut:
    """How one GPU is cut.

    Attributes:
        slices: Its slices, in an order of creation in which a driver that takes the first free place ends at these.
    """

    slices: tuple[PlacedSlice, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many slices there are of each profile, in the order in which they first come."""
        counts: dict[str, int] = {}
        for each in self.slices:
            counts[each.profile] = counts.get(each.profile, 0) + 1
        return counts


@dataclass(frozen=True, slots=True)
class NodeGpus:
    """How the GPUs of a node are cut.

    Attributes:
        cuts: The cut of each GPU that has slices.
        whole: How many GPUs more are not cut.
    """

    cuts: tuple[GpuCut, ...]
    whole: int = 0


def cut_into(board: GpuModel, slices: Mapping[str, int]) -> GpuCut | None:
    """Return how one GPU is cut into `slices`, all of profiles that `can_be_placed`; None where it cannot be.

    mig-parted tries the orders of creation one after the other, since the driver takes a place for each slice as it
    comes (mig-parted v0.13.1, pkg/mig/config): 3g.40gb and four 1g.10gb only fit where a 1g.10gb comes first. The order
    that is returned is right at once.
    """
    return _cut(board, tuple(sorted((name, count) for name, count in slices.items() if count)))


@lru_cache(4096)
def _cut(board: GpuModel, slices: tuple[tuple[str, int], ...]) -> GpuCut | None:
    largest_first = sorted(slices, key=lambda item: (-_profile(board, item[0]).memory_slices, item[0]))
    profiles = [_profile(board, name) for name, _ in largest_first]
    counts = tuple(count for _, count in largest_first)
    if not any(_within(counts, fullest) for fullest in most_slices_cut(tuple(profiles))):
        return None
    found = _Orders(profiles).find(counts, frozenset())
    if found is None:
        raise AssertionError(f"no order of creation makes {dict(slices)} of a {board.name}")
    return GpuCut(found)


def fullest_cuts(board: GpuModel, profiles: Iterable[str]) -> tuple[GpuCut, ...]:
    """Return the ways to cut a GPU into `profiles` that no other contains; all of them `can_be_placed`."""
    names = sorted(set(profiles), key=lambda name: (-_profile(board, name).memory_slices, name))
    counts = most_slices_cut(tuple(_profile(board, name) for name in names))
    found = (cut_into(board, dict(zip(names, each, strict=True))) for each in counts)
    return tuple(cut for cut in found if cut and cut.slices)


def _profile(board: GpuModel, name: str) -> MigProfile:
    found = board.profile(name)
    if found is None or not found.starts:
        raise ValueError(f"it is not known where {name} may be on {board.name}")
    return found


class _Orders:
    """Orders in which slices are made, each at the first place that is free; what failed is remembered."""

    def __init__(self, profiles: Sequence[MigProfile]) -> None:
        self._profiles = profiles
        self._failed: set[tuple[tuple[int, ...], frozenset[int]]] = set()

    def find(self, counts: tuple[int, ...], taken: frozenset[int]) -> tuple[PlacedSlice, ...] | None:
        if not any(counts):
            return ()
        if (counts, taken) in self._failed:
            return None
        for number, profile in enumerate(self._profiles):
            start = _first_free(profile, taken) if counts[number] else None
            if start is None:
                continue
            fewer = (*counts[:number], counts[number] - 1, *counts[number + 1 :])
            rest = self.find(fewer, taken | _slots(profile, start))
            if rest is not None:
                return (PlacedSlice(profile.name, start), *rest)
        self._failed.add((counts, taken))
        return None


def _first_free(profile: MigProfile, taken: frozenset[int]) -> int | None:
    return next((start for start in profile.starts if taken.isdisjoint(_slots(profile, start))), None)


def _slots(profile: MigProfile, start: int) -> frozenset[int]:
    return frozenset(range(start, start + profile.memory_slices))


def _within(one: Sequence[int], other: Sequence[int]) -> bool:
    return all(mine <= theirs for mine, theirs in zip(one, other, strict=True))
