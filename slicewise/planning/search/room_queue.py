"""Pools in the order in which pods of one size would rather go to them, kept while the pools fill."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Collection, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from slicewise.planning.capacity import PodSize
from slicewise.planning.search.numbered_pools import NumberedPools


class Room(NamedTuple):
    """A pool that has room; the smallest is the best: sizes mix least, most room is left, first by name."""

    mixing: int
    minus_room: int
    number: int


class RoomQueue:
    """Some pools, by how pods of one size mix with what is there and then by room, most first.

    A pool only gets worse while it fills, so it is measured again when it comes to the front and not before. Whoever
    makes a pool better adds it to the pools' `improved`, which each queue reads when it is next asked.
    """

    def __init__(self, pod: PodSize, pools: NumberedPools, members: Sequence[int], *, one_size: bool) -> None:
        self.pod = pod
        self._improved, self._mixing_better = pools.improved[None], pools.improved[pod.units]
        self._read = len(self._improved), len(self._mixing_better)
        self._pools = pools.ledgers
        self._one_size = one_size
        self._charges: dict[int, int] = {}
        self._heaps: dict[int, list[Room]] = {}
        self._measured = {number: self._measure(number) for number in members}
        for room in self._measured.values():
            self._heaps.setdefault(room.mixing, []).append(room)
        for heap in self._heaps.values():
            heapify(heap)
        self._mixings = sorted(self._heaps)

    def first(self, pods: int, excluded: Collection[str], accepts: Callable[[int], bool] | None = None) -> Room | None:
        """Return the best pool with room for `pods` pods, outside the `excluded` environments, that `accepts` takes."""
        if self._read != (len(self._improved), len(self._mixing_better)):
            self._measure_improved()
        for mixing in self._mixings:  # a pool that turns out to mix worse may add to it
            heap = self._heaps[mixing]
            # Whatever was measured last, a pool has no more room now: most queues of an overloaded fleet end here.
            if heap and -heap[0].minus_room >= pods and (room := self._first_of(heap, pods, excluded, accepts)):
                return room
        return None

    def _first_of(
        self, heap: list[Room], pods: int, excluded: Collection[str], accepts: Callable[[int], bool] | None
    ) -> Room | None:
        aside: list[Room] = []
        found: Room | None = None
        while heap:
            room = heap[0]
            index = room.number
            pool = self._pools[index]
            if self._measured[index] is not room:
                heappop(heap)  # there is a newer one
            elif self._charges[index] != pool.charges and (now := self._measure(index)) != room:
                heappop(heap)
                self._push(now)
            elif -room.minus_room < pods:
                break
            elif pool.environment in excluded or (accepts and not accepts(index)):
                aside.append(heappop(heap))
            else:
                found = room
                break
        for room in aside:
            heappush(heap, room)
        return found

    def room(self, number: int) -> Room | None:
        """Return what a pool is now, if it is one of these."""
        return self._room(number) if number in self._measured else None

    def _measure_improved(self) -> None:
        improved, mixing_better = self._read
        better = {*self._improved[improved:], *self._mixing_better[mixing_better:]}
        for index in better & self._measured.keys():
            now = self._measure(index)
            if now != self._measured[index]:
                self._push(now)
        self._read = len(self._improved), len(self._mixing_better)

    def _push(self, room: Room) -> None:
        self._measured[room.number] = room
        heappush(self._heap(room.mixing), room)

    def _heap(self, mixing: int) -> list[Room]:
        heap = self._heaps.get(mixing)
        if heap is None:
            heap = self._heaps[mixing] = []
            insort(self._mixings, mixing)
        return heap

    def _measure(self, index: int) -> Room:
        self._charges[index] = self._pools[index].charges
        return self._room(index)

    def _room(self, index: int) -> Room:
        pool = self._pools[index]
        return Room(0 if self._one_size else pool.mixing(self.pod), -pool.most(self.pod), index)
