"""ParvaGPU's six scenarios: what its planner chose, first fit decreasing, and the fewest GPUs that are proved.

`parvagpu.json` has numbers of its artefact (MunQ-Lee/ParvaGPU_SC24, SC '24, MIT licence, copyright 2024 sslab6943), an
A100 throughout. `published` is what its planner put where: on each GPU, compute slices and the memory slice that they
begin at. `networks` is what its planner was given: requests a second, and what an instance of so many compute slices
does within the latency limit (latency below limit / 2 x 0.9; throughput of a process times processes; the best of all
batch sizes), both in thousandths.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from bench.result_tables import Table
from slicewise.layouts import CutGpus, SliceNeed, WayToMeet, cut_into, fewest_gpus_for, slice_needs
from slicewise.mig import GpuModel, find_gpu_model

_NUMBERS: Final = Path(__file__).with_name("parvagpu.json")
BOARD: Final = find_gpu_model("a100-80gb")
_PROFILES: Final = {1: "1g.10gb", 2: "2g.20gb", 3: "3g.40gb", 4: "4g.40gb", 7: "7g.80gb"}


@dataclass(frozen=True)
class Scenario:
    """One scenario of the artefact.

    Attributes:
        published: On each GPU, the profile of each instance and the memory slice that it begins at.
        needs: Requests a second of each network, and what a slice of each profile does of them.
    """

    published: Sequence[Sequence[tuple[str, int]]]
    needs: tuple[SliceNeed, ...]

    @property
    def chosen(self) -> dict[str, int]:
        """The slices that the artefact's planner chose."""
        return dict(sorted(Counter(profile for gpu in self.published for profile, _ in gpu).items()))

    @property
    def overlapping(self) -> int:
        """On how many of its GPUs slices overlap."""
        return sum(_overlap(BOARD, gpu) for gpu in self.published)

    @cached_property
    def fixed(self) -> CutGpus:
        """The fewest GPUs for the slices that its planner chose."""
        return fewest_gpus_for(BOARD, slice_needs(self.chosen), 30)

    @cached_property
    def free(self) -> CutGpus:
        """The fewest GPUs if each network may have any mix of slices."""
        return fewest_gpus_for(BOARD, self.needs, 30)


def read_scenarios() -> list[Scenario]:
    """Return the scenarios, in the artefact's order."""
    return [_scenario(each) for each in json.loads(_NUMBERS.read_text(encoding="utf-8"))]


def _scenario(numbers: Mapping[str, Any]) -> Scenario:
    published = [[(_PROFILES[compute], start) for compute, start in gpu] for gpu in numbers["published"]]
    needs = [
        SliceNeed(each["rate"], tuple(WayToMeet({_PROFILES[int(of)]: 1}, rate) for of, rate in each["rates"].items()))
        for each in numbers["networks"].values()
    ]
    return Scenario(published, tuple(needs))


def _overlap(board: GpuModel, gpu: Sequence[tuple[str, int]]) -> bool:
    sizes = {profile.name: profile.memory_slices for profile in board.profiles}
    taken = [each for profile, start in gpu for each in range(start, start + sizes[profile])]
    return len(taken) != len(set(taken))


def first_fit_decreasing(board: GpuModel, slices: Mapping[str, int]) -> int:
    """Return how many GPUs it takes if each slice, the largest first, goes to the first GPU that still holds it."""
    sizes = {profile.name: (profile.memory_slices, profile.name) for profile in board.profiles}
    gpus: list[Counter[str]] = []
    for name in sorted(slices, key=lambda each: sizes[each], reverse=True):
        for _ in range(slices[name]):
            room = next((gpu for gpu in gpus if cut_into(board, gpu + Counter([name]))), None)
            if room is None:
                gpus.append(Counter([name]))
            else:
                room[name] += 1
    return len(gpus)


def layouts_table(scenarios: Sequence[Scenario]) -> Table:
    """Return GPUs by scenario and planner, with the bounds."""
    rows = [_row(str(number), [each]) for number, each in enumerate(scenarios, start=1)]
    columns = (
        *("scenario", "its slices", "published", "of these overlap", "first fit decreasing", "Slicewise", "bound"),
        *("Slicewise, any mix", "bound of any mix"),
    )
    return Table("GPUs for ParvaGPU's scenarios", columns, [*rows, _row("all", scenarios)])


def _row(name: str, scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    chosen = sum(map(Counter, (each.chosen for each in scenarios)), Counter[str]())
    numbers = (
        sum(len(each.published) for each in scenarios),
        sum(each.overlapping for each in scenarios),
        sum(first_fit_decreasing(BOARD, each.chosen) for each in scenarios),
        sum(each.fixed.gpus for each in scenarios),
        sum(each.fixed.bound for each in scenarios),
        sum(each.free.gpus for each in scenarios),
        sum(each.free.bound for each in scenarios),
    )
    return (name, " ".join(f"{count} x {profile}" for profile, count in sorted(chosen.items())), *map(str, numbers))
