"""Room for a deployment that fits nowhere, by moving others of this plan that fit elsewhere too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest
from typing import Final, NamedTuple

from slicewise.placement.board import Board, Charge, Demand, Way
from slicewise.placement.soundness import PodSize

# The fullest pools are hopeless, and who moves many to place one disturbs more than it helps.
_POOLS_TRIED: Final = 16
_MOST_MOVED: Final = 8


class Relocation(NamedTuple):
    """What was done to make room."""

    left: Sequence[Charge]
    placed: Sequence[Charge]
    """The newcomer, and where those that made way are now."""


def relocate(board: Board, demand: Demand, movable: Mapping[int, Sequence[Charge]]) -> Relocation | None:
    """Make room for `demand` in one more environment, moving some of the `movable` charges (by pool) elsewhere.

    Nobody gets a less preferred profile by it. Where it cannot be done the board stays as it was.
    """
    placed = board.placed[demand.key]
    options: dict[int, tuple[Way, PodSize]] = {}
    for way in demand.ways:
        for index, pod in way.lane_pools():
            if index in movable and index not in options and board.pools[index].environment not in placed:
                options[index] = (way, pod)
    for index in nlargest(_POOLS_TRIED, options, key=lambda index: (board.pools[index].free, -index)):
        way, pod = options[index]
        charge = Charge(demand, way, index, pod, retained=False)
        for chosen in _choices(board, charge, movable[charge.index]):
            made = _move(board, charge, chosen)
            if made:
                return Relocation(chosen, made)
    return None


def _choices(board: Board, newcomer: Charge, here: Sequence[Charge]) -> Iterator[list[Charge]]:
    """Yield charges that could make way: one that is large enough, or several small ones."""
    lacking = newcomer.units - board.pools[newcomer.index].free
    by_size = sorted(here, key=lambda charge: (charge.units, charge.demand.key))
    large = [charge for charge in by_size if charge.units >= lacking][:_MOST_MOVED]
    yield from ([charge] for charge in large if _fits_elsewhere(board, charge))
    small: list[Charge] = []
    for charge in by_size:
        if len(small) == _MOST_MOVED:
            return
        if _fits_elsewhere(board, charge):
            small.append(charge)
            if sum(each.units for each in small) >= lacking:
                if len(small) > 1:
                    yield small
                return


def _fits_elsewhere(board: Board, charge: Charge) -> bool:
    return board.best(charge.demand, board.placed[charge.demand.key], [charge.way]) is not None


def _move(board: Board, newcomer: Charge, leaving: Sequence[Charge]) -> list[Charge] | None:
    for charge in leaving:
        board.remove(charge)
    made: list[Charge] = []
    pool = board.pools[newcomer.index]
    if pool.takes(newcomer.pod, newcomer.pods):
        board.place(newcomer)
        made.append(newcomer)
        for charge in sorted(leaving, key=lambda charge: (-charge.units, charge.demand.key)):
            target = board.best(charge.demand, board.placed[charge.demand.key], [charge.way])
            if target is None:
                break
            board.place(target)
            made.append(target)
        else:
            return made
    for charge in made:
        board.remove(charge)
    for charge in leaving:
        board.place(charge)
    return None
