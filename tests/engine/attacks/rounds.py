"""Ten rounds of faults in three clusters: what each round places where, and what fails in it, drawn with a seed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

SITES: Final = ("east", "west", "north")

# What happens to the cluster that is away for the whole round, in the middle of its update.
AWAY: Final = ("its API server is killed", "its API server and pulumi are killed")
# What keeps an update of the second cluster from being applied, or from being applied whole.
REFUSED: Final = (
    "its token is revoked",
    "its token has expired",
    "its rights are taken away",
    "admission refuses a service",
    "its kubeconfig leads to another cluster",
)
OLDER: Final = "an older plan stack from a backup"
# What is wrong with the plan, and then is mended.
PLAN: Final = (
    "documents that are not planned",
    "a plan edited by hand",
    "a plan stack that is destroyed",
    OLDER,
    "an environment of another stack",
)
# What happens in the middle of the third cluster's update.
BUSY: Final = (
    "the engine is killed",
    "all of pulumi is killed",
    "the program is killed",
    "the provider is killed",
    "a second update at once",
    "the API server hangs",
    "the API server is away for seconds",
    "etcd is away for seconds",
)

_NAMES: Final = tuple(f"model-{number:02}" for number in range(21))
_FEWEST_CHANGES: Final = 3


class Place(NamedTuple):
    """Where a deployment is, with how many replicas."""

    site: str
    replicas: int


Plan = dict[str, Place]
"""What is placed, by the names of deployments."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round.

    Attributes:
        away: The cluster that is away from the middle of its update until the others have been updated.
        refused: The cluster whose update is refused meanwhile.
        third: The one that is updated.
        faults: What happens to `away`, to `refused`, to the plan and in the update of `third`.
        after: The plan of the round.
        points: How far the updates of `away` and of `third` are then, from 0 to 1.
    """

    away: str
    refused: str
    third: str
    faults: tuple[str, str, str, str]
    after: Plan
    points: tuple[float, float]


def rounds(seed: int, number: int) -> tuple[Plan, list[Round]]:
    """Return what is placed at first, and so many rounds."""
    lots = random.Random(seed)  # noqa: S311 - faults
    begin = {name: Place(site, 1) for name, site in zip(_NAMES, SITES * 6, strict=False)}
    decks = [_deck(lots, kinds, number) for kinds in (AWAY, REFUSED, PLAN, BUSY)]
    found, placed = [], begin
    for away, refused, plan, busy in zip(*decks, strict=True):
        first, second, third = lots.sample(SITES, 3)
        placed = _next(lots, placed, first, second, third)
        points = (lots.random(), lots.random())
        found.append(Round(first, second, third, (away, refused, plan, busy), placed, points))
    return begin, found


def _deck(lots: random.Random, kinds: Sequence[str], number: int) -> list[str]:
    """Return so many kinds in random order, each as often as any other, give or take one."""
    drawn: list[str] = []
    while len(drawn) < number:
        drawn += lots.sample(kinds, len(kinds))
    return drawn[:number]


def _next(lots: random.Random, before: Plan, away: str, refused: str, third: str) -> Plan:
    """Return the next plan, in which something changes in each cluster, comes, goes, and moves between them.

    Nothing moves between the two clusters that fail, so that both have all when they are updated once.
    """
    to = {away: (third,), refused: (third,), third: (away, refused)}
    while True:
        after: Plan = {}
        for name, (site, replicas) in before.items():
            lot = lots.random()
            if lot < 0.15:
                after[name] = Place(lots.choice(to[site]), replicas)
            elif lot < 0.6:
                after[name] = Place(site, 3 - replicas)
            elif lot < 0.9:
                after[name] = Place(site, replicas)
        for name in lots.sample([each for each in _NAMES if each not in before], 2):
            after[name] = Place(lots.choice(SITES), 1)
        if _is_enough(before, after):
            return after


def _is_enough(before: Plan, after: Plan) -> bool:
    kept = [name for name in before.keys() & after.keys() if before[name].site == after[name].site]
    changed = [after[name].site for name in kept if before[name] != after[name]]
    moved = [name for name in before.keys() & after.keys() if before[name].site != after[name].site]
    return len(after) <= len(_NAMES) - 2 and bool(moved) and all(changed.count(s) >= _FEWEST_CHANGES for s in SITES)


def of(plan: Mapping[str, Place], site: str) -> dict[str, int]:
    """Return the replicas of what a plan has in one cluster."""
    return {name: each.replicas for name, each in plan.items() if each.site == site}
