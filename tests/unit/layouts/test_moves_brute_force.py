"""`--move` on small fleets, beside every layout that can be reached by trying all steps in all orders."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import pytest

from slicewise.layouts import served_replicas
from slicewise.planning import make_plan
from tests.unit.layouts.test_moves import cut, declared, judge

# The fullest cuts of an H100 into the three profiles: NVIDIA's MIG User Guide, `nvidia-smi mig -lgipp`.
CUTS: tuple[Mapping[str, int], ...] = ({"1g": 7}, {"1g": 4, "3g": 1}, {"3g": 2}, {"7g": 1})
NAMES = {"1g": "1g.10gb", "3g": "3g.40gb", "7g": "7g.80gb"}
ONE = {"1g": 0, "3g": 2, "7g": 3}
# The slices that hold each model.
SLICES = {"small": ("1g", "3g", "7g"), "large": ("3g", "7g"), "whole": ("7g",)}

# A pool, and the number of a cut; -1 for nodes that are not cut anew.
Group = tuple[int, int]
# By group how many nodes, and for each deployment that runs its group and its slices.
State = tuple[tuple[tuple[Group, int], ...], tuple[tuple[Group, str], ...]]


@dataclass(frozen=True)
class Small:
    """Pools of nodes with one GPU: their cut and number; models and replicas of what runs, and of what is asked."""

    pools: tuple[tuple[str, int], ...]
    running: tuple[tuple[str, int], ...]
    asked: tuple[tuple[str, int], ...]

    def has(self, group: Group, slice_: str) -> int:
        pool, number = group
        return CUTS[ONE[self.pools[pool][0]] if number < 0 else number].get(slice_, 0)

    def reached(self, begin: tuple[tuple[Group, str], ...]) -> set[State]:
        """Return every state that can be reached with nothing ever being without a place."""
        first: State = (tuple(((pool, -1), count) for pool, (_, count) in enumerate(self.pools)), begin)
        found, todo = {first}, [first]
        while todo:
            for state in self._next(todo.pop()):
                if state not in found:
                    found.add(state)
                    todo.append(state)
        return found

    def _next(self, state: State) -> Iterator[State]:
        nodes, at = dict(state[0]), state[1]
        for number, (model, replicas) in enumerate(self.running):
            for group in nodes:
                for slice_ in SLICES[model]:
                    if (group, slice_) != at[number] and self._free(nodes, at, group, slice_) >= replicas:
                        yield state[0], (*at[:number], (group, slice_), *at[number + 1 :])
        for pool in range(len(self.pools)):
            if nodes.get((pool, -1)):
                left = nodes | {(pool, -1): nodes[pool, -1] - 1}
                if all(self._free(left, at, (pool, -1), slice_) >= 0 for slice_ in NAMES):
                    for number in range(len(CUTS)):
                        after = left | {(pool, number): left.get((pool, number), 0) + 1}
                        yield tuple(sorted((group, count) for group, count in after.items() if count)), at

    def _free(self, nodes: Mapping[Group, int], at: tuple[tuple[Group, str], ...], group: Group, slice_: str) -> int:
        taken = sum(self.running[number][1] for number, each in enumerate(at) if each == (group, slice_))
        return nodes.get(group, 0) * self.has(group, slice_) - taken

    def most(self, begin: tuple[tuple[Group, str], ...]) -> int:
        """Return the most replicas that are served in any state that can be reached."""
        every = sum(replicas for _, replicas in self.running)
        rooms = set()
        for nodes, at in self.reached(begin):
            free = {
                (group, slice_): self._free(dict(nodes), at, group, slice_) for group, _ in nodes for slice_ in NAMES
            }
            rooms.add(tuple(sorted((slice_, count) for (_, slice_), count in free.items() if count)))
        return every + max(_served(self.asked, room) for room in rooms)


@lru_cache(None)
def _served(asked: tuple[tuple[str, int], ...], room: tuple[tuple[str, int], ...]) -> int:
    """Return the most replicas of what is asked, each deployment in one place."""
    if not asked:
        return 0
    (model, replicas), rest = asked[0], asked[1:]
    best = _served(rest, room)
    for number, (slice_, count) in enumerate(room):
        if slice_ in SLICES[model] and count >= replicas and (slice_, count) not in room[:number]:
            left = (*room[:number], (slice_, count - replicas), *room[number + 1 :])
            best = max(best, replicas + _served(rest, tuple(sorted(left))))
    return best


def small_fleet(seed: int) -> Small:
    draw = random.Random(seed)  # noqa: S311 - fleets, not secrets
    pools = tuple((draw.choice(["1g", "3g", "7g"]), draw.randint(1, 2)) for _ in range(draw.randint(1, 2)))
    asked = [(draw.choice(["small", "small", "large", "whole"]), draw.randint(1, 3)) for _ in range(5)]
    return Small(pools, tuple(asked[:2]), tuple(asked[2:]))


# Planning moves only what its pool has no room for any more, and that rather to slices of the profile that it had.
KEPT_BY_PLANNING = (5, 17, 47)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 61))
def test_no_step_would_serve_more(seed: int) -> None:
    drawn = small_fleet(seed)
    pools = [
        cut(f"p{number}", NAMES[name], nodes, acceleratorCount=1) for number, (name, nodes) in enumerate(drawn.pools)
    ]
    before = declared(*pools, **_named(drawn.running, 0))
    at = {}
    for placement in make_plan(before).placements:
        slice_ = next(short for short, name in NAMES.items() if placement.resource.endswith(name))
        at[int(placement.deployment.name.rpartition("-")[2])] = ((int(placement.node_pool[1:]), -1), slice_)
    # What has no place in the beginning is asked for with the rest.
    waiting = tuple(each for number, each in enumerate(drawn.running) if number not in at)
    running = tuple(drawn.running[number] for number in sorted(at))
    small = replace(drawn, running=running, asked=(*waiting, *drawn.asked))
    most = small.most(tuple(at[number] for number in sorted(at)))
    found = judge(before, declared(*pools, **_named(drawn.running, 0), **_named(drawn.asked, len(drawn.running))))
    assert served_replicas(found.proposed) <= most <= found.bound
    assert (served_replicas(found.proposed) == most) == (seed not in KEPT_BY_PLANNING)


def _named(asked: Iterable[tuple[str, int]], first: int) -> dict[str, int]:
    return {f"{model}_{number}": replicas for number, (model, replicas) in enumerate(asked, first)}
