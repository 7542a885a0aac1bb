"""GPUs that NVIDIA's DRA driver cuts when a pod comes: which slices on a GPU leave no place for one more of a profile.

A pod gets any free place of its profile, and nothing that is there is ever moved. The driver publishes each place as a
device that takes the board's memory slices which it covers (kubernetes-sigs/dra-driver-nvidia-gpu v0.5, `DynamicMIG`),
so two slices exclude each other where they overlap, and where both have the media extensions, of which a GPU has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from slicewise.mig.accelerators import known_gpu_model
from slicewise.mig.covering_weights import Vector, covering_weights
from slicewise.mig.cutting import can_be_placed, memory_slices
from slicewise.mig.gpu_models import GpuModel
from slicewise.mig.profiles import MigProfile, parse_profile_name

_MEDIA: Final = "+me"
# Up to Ampere a GPU changes its MIG mode only by a reset (NVIDIA MIG User Guide, MIG mode); the driver publishes those
# in MIG mode without the GPU itself.
_RESET_NEEDED: Final = ("a30", "a100")


@dataclass(frozen=True, slots=True)
class BlockingWeights:
    """What part of taking the last place of a GPU one slice of each profile is, in parts of `whole`."""

    of_each: Vector
    whole: int


class OnDemandGpu:
    """One GPU that is cut on demand into slices of some profiles; what has been asked of it is remembered."""

    def __init__(self, profiles: Sequence[MigProfile]) -> None:
        self.profiles = profiles
        self._weights: dict[tuple[tuple[int, ...], int], Sequence[BlockingWeights]] = {}
        self._cuts: dict[tuple[int, ...], Sequence[Vector]] = {}

    def weights(self, present: Sequence[int], wanted: int) -> Sequence[BlockingWeights]:
        """Return weights under which slices that leave no place for one of `wanted` weigh a GPU or more together.

        So slices of some total weight take the last place of at most as many GPUs. The smallest total over all these
        weights is the best that weights can say (they are the vertices of the blocking polyhedron).

        Args:
            present: The numbers of the profiles of which slices may be there.
            wanted: The number of the profile that looks for a place.
        """
        key = (tuple(present), wanted)
        if key not in self._weights:
            self._weights[key] = _blocking_weights(self.profiles, *key)
        return self._weights[key]

    def cuts(self, present: Sequence[int]) -> Sequence[Vector]:
        """Return how many slices of each profile `present` one GPU can have together, without what others contain."""
        key = tuple(present)
        if key not in self._cuts:
            self._cuts[key] = _fullest(self.profiles, key)
        return self._cuts[key]


@lru_cache(256)
def on_demand_gpu(model: str, profiles: tuple[str | None, ...]) -> OnDemandGpu:
    """Return a GPU that is cut on demand.

    Args:
        model: The catalogue's name of the GPU model.
        profiles: Profiles of which `can_be_cut_on_demand` holds; None for a GPU that is given whole.

    Raises:
        ValueError: It is not known where slices of them may be.
    """
    gpu = known_gpu_model(model)
    sliced = [each for each in profiles if each is not None]
    if gpu is None or not can_be_cut_on_demand(gpu, sliced):
        raise ValueError(f"it is not known where {' and '.join(sliced)} may be beside each other on {model}")
    whole = MigProfile("", 1, None, None, None, memory_slices(gpu), (0,))
    known = (whole if each is None else gpu.profile(each) for each in profiles)
    return OnDemandGpu([each for each in known if each])


def is_published_whole(gpu: GpuModel) -> bool:
    """Return whether the driver offers a GPU whole, too, that it may cut: it is whole while it has no slices."""
    return gpu.mig_capable and not gpu.name.startswith(_RESET_NEEDED)


def can_be_cut_on_demand(model: GpuModel, profiles: Sequence[str]) -> bool:
    """Return whether it is known which slices of `profiles` a GPU of `model` can have beside each other.

    Memory slices and one set of media extensions are what runs out on boards of A100's kind. What suffixes such as
    `+gfx` and `+me.all` leave to others is not published: such a profile must be alone.
    """
    return can_be_placed(model, profiles) and (
        len(profiles) == 1 or all(_suffix(each) in ("", _MEDIA) for each in profiles)
    )


def held_as(model: GpuModel, held: str | None, listed: Sequence[str]) -> str:
    """Return the profile whose slice takes the places that are gone with what somebody holds of a GPU.

    Args:
        model: The GPU model.
        held: The profile of the slice that is held; None for a whole GPU.
        listed: Profiles that are asked for. A slice with a suffix that is not among them counts as one without it.
    """
    plain = [each for each in model.profiles if not _suffix(each.name)]
    if held is None:
        return max(plain, key=lambda each: each.memory_slices).name
    own = model.profile(held)
    alike = (
        each.name for each in plain if own and (each.starts, each.memory_slices) == (own.starts, own.memory_slices)
    )
    return held if held in listed else next((each for each in alike if each in listed), held)


def _suffix(profile: str) -> str:
    parsed = parse_profile_name(profile)
    return parsed.suffix if parsed else ""


def _blocking_weights(
    profiles: Sequence[MigProfile], present: tuple[int, ...], wanted: int
) -> Sequence[BlockingWeights]:
    full = [counts for counts, mask in _states(profiles, present) if not _free(profiles, counts, mask, present, wanted)]
    return [BlockingWeights(vertex, whole) for vertex, whole in covering_weights(_smallest(full))]


def _fullest(profiles: Sequence[MigProfile], present: tuple[int, ...]) -> Sequence[Vector]:
    found = {counts for counts, _ in _states(profiles, present)}
    return [each for each in found if not any(each != other and _within(each, other) for other in found)]


def _states(profiles: Sequence[MigProfile], present: Sequence[int]) -> set[tuple[Vector, int]]:
    """Return every way in which slices can be on a GPU: how many of each profile, and which memory slices they take."""
    return set(_placed([profiles[each] for each in present], 0, (0,) * len(present), 0))


def _placed(profiles: Sequence[MigProfile], first: int, counts: Vector, taken: int) -> Iterator[tuple[Vector, int]]:
    """Yield every way to place more slices from left to right, beginning at memory slice `first` or later."""
    yield counts, taken
    for number, profile in enumerate(profiles):
        if not _may_come(profiles, counts, number):
            continue
        more = (*counts[:number], counts[number] + 1, *counts[number + 1 :])
        for start in profile.starts:
            if start >= first:
                yield from _placed(profiles, start + profile.memory_slices, more, taken | _mask(profile, start))


def _may_come(profiles: Sequence[MigProfile], counts: Vector, number: int) -> bool:
    """Return whether one more of a profile may be there, wherever it is."""
    if counts[number] >= profiles[number].per_gpu:
        return False
    return not (
        _has_media(profiles[number]) and any(n and _has_media(each) for n, each in zip(counts, profiles, strict=True))
    )


def _free(profiles: Sequence[MigProfile], counts: Vector, taken: int, present: Sequence[int], wanted: int) -> bool:
    """Return whether one more of the profile `wanted` finds a place."""
    mine, there = profiles[wanted], [profiles[each] for each in present]
    have = sum(count for count, each in zip(counts, present, strict=True) if each == wanted)
    media = _has_media(mine) and any(count and _has_media(each) for count, each in zip(counts, there, strict=True))
    return have < mine.per_gpu and not media and any(not taken & _mask(mine, start) for start in mine.starts)


def _has_media(profile: MigProfile) -> bool:
    return _suffix(profile.name).startswith(_MEDIA)


def _mask(profile: MigProfile, start: int) -> int:
    return ((1 << profile.memory_slices) - 1) << start


def _smallest(found: Sequence[Vector]) -> Sequence[Vector]:
    """Return those of `found` that contain no other, each once."""
    distinct = sorted(set(found), key=lambda each: (sum(each), each))
    least: list[Vector] = []
    for each in distinct:
        if not any(_within(other, each) for other in least):
            least.append(each)
    return least


def _within(one: Vector, other: Vector) -> bool:
    return all(mine <= theirs for mine, theirs in zip(one, other, strict=True))
