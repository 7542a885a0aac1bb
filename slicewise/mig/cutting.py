"""Whether GPUs can be cut into given slices: by where instances may be on a board, never by sums alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from slicewise.mig.gpu_models import GpuModel
from slicewise.mig.profiles import MigProfile, parse_profile_name

MOST_GPUS_CUT: Final = 16
"""More GPUs than any node has: how few suffice is not looked for beyond it."""
_Counts = tuple[int, ...]
"""How many instances there are of each of some profiles, in their order."""


def can_be_placed(model: GpuModel, profiles: Sequence[str]) -> bool:
    """Return whether it is known where instances of all these profiles may be on a board of `model`."""
    known = [model.profile(name) for name in profiles]
    return bool(known) and all(profile and profile.starts for profile in known)


def fewest_gpus(model: GpuModel, slices: Mapping[str, int]) -> int | None:
    """Return the fewest GPUs that can be cut into `slices` together.

    An instance lies where the driver lets it begin, beside all others; a GPU has no more instances of a profile than
    the catalogue says, and one of those with media extensions (NVIDIA MIG User Guide, Supported MIG Profiles).

    Args:
        model: The GPUs, all of one model.
        slices: How many instances of each profile, profiles that `can_be_placed`.

    Returns:
        None where `MOST_GPUS_CUT` are not enough.
    """
    names = sorted(slices, key=lambda name: (-_profile(model, name).memory_slices, name))
    wanted = tuple(slices[name] for name in names)
    profiles = tuple(_profile(model, name) for name in names)
    covering = _Covering(profiles)
    numbers = range(_least(profiles, wanted), MOST_GPUS_CUT + 1)
    return next((gpus for gpus in numbers if covering.covers(wanted, gpus)), None)


@lru_cache(256)
def most_slices_cut(profiles: tuple[MigProfile, ...]) -> tuple[tuple[int, ...], ...]:
    """Return the ways to cut one GPU into `profiles` that no other contains, each as counts in the order of `profiles`.

    All of them `can_be_placed`, on one board.
    """
    by_size = sorted(_cuts(profiles), key=lambda counts: (-sum(counts), counts))
    fullest: list[_Counts] = []
    for counts in by_size:
        if not any(_within(counts, other) for other in fullest):
            fullest.append(counts)
    return tuple(fullest)


def memory_slices(model: GpuModel) -> int:
    """Return how many memory slices a board has, as the driver counts them."""
    return max((start + each.memory_slices for each in model.profiles for start in each.starts), default=0)


def _profile(model: GpuModel, name: str) -> MigProfile:
    found = model.profile(name)
    if found is None or not found.starts:
        raise ValueError(f"it is not known where {name} may be on {model.name}")
    return found


def _least(profiles: Sequence[MigProfile], wanted: _Counts) -> int:
    """Return a number of GPUs that is surely not too many: by the instances of each profile."""
    return max((-(-count // each.per_gpu) for each, count in zip(profiles, wanted, strict=True)), default=0)


def _cuts(profiles: Sequence[MigProfile]) -> set[_Counts]:
    """Return the counts of every way to place instances on a board, from left to right."""
    begun = [((0,) * len(profiles), 0)]
    seen = set(begun)
    while begun:
        counts, first = begun.pop()
        more = {(each, end) for each, end in _with_one_more(profiles, counts, first) if (each, end) not in seen}
        seen |= more
        begun += more
    return {counts for counts, _ in seen}


def _with_one_more(profiles: Sequence[MigProfile], counts: _Counts, first: int) -> Iterator[tuple[_Counts, int]]:
    """Yield the counts with one instance more, at memory slice `first` or later, and the first slice after it."""
    for number, profile in enumerate(profiles):
        if counts[number] == profile.per_gpu or (_has_media(profile) and _media(profiles, counts)):
            continue
        more = (*counts[:number], counts[number] + 1, *counts[number + 1 :])
        yield from ((more, start + profile.memory_slices) for start in profile.starts if start >= first)


def _has_media(profile: MigProfile) -> bool:
    parsed = parse_profile_name(profile.name)
    return parsed is not None and parsed.suffix.startswith("+me")


def _media(profiles: Sequence[MigProfile], counts: _Counts) -> int:
    return sum(count for profile, count in zip(profiles, counts, strict=True) if _has_media(profile))


class _Covering:
    """Whether some GPUs, each cut in one of the fullest ways, have all that is wanted; what failed is remembered."""

    def __init__(self, profiles: Sequence[MigProfile]) -> None:
        self._cuts = most_slices_cut(tuple(profiles))
        self._sizes = [each.memory_slices for each in profiles]
        self._board = max((self._size(cut) for cut in self._cuts), default=0)
        self._failed: set[tuple[_Counts, int]] = set()

    def covers(self, wanted: _Counts, gpus: int) -> bool:
        first = next((number for number, count in enumerate(wanted) if count), None)
        if first is None:
            return True
        if self._size(wanted) > gpus * self._board or (wanted, gpus) in self._failed:
            return False
        if any(self.covers(rest, gpus - 1) for rest in self._rests(wanted, first)):
            return True
        self._failed.add((wanted, gpus))
        return False

    def _rests(self, wanted: _Counts, first: int) -> Sequence[_Counts]:
        """Return what may be left beside one GPU that has some of the `first`, without what is worse than another."""
        found = {_less(wanted, cut) for cut in self._cuts if cut[first]}
        best: list[_Counts] = []
        for rest in sorted(found, key=lambda each: (sum(each), each)):
            if not any(_within(other, rest) for other in best):
                best.append(rest)
        return sorted(best, key=lambda each: (self._size(each), each))

    def _size(self, counts: _Counts) -> int:
        return sum(size * count for size, count in zip(self._sizes, counts, strict=True))


def _less(wanted: _Counts, cut: _Counts) -> _Counts:
    return tuple(max(count - has, 0) for count, has in zip(wanted, cut, strict=True))


def _within(one: _Counts, other: _Counts) -> bool:
    return all(mine <= theirs for mine, theirs in zip(one, other, strict=True))
