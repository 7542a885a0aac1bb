"""Weights under which each of some collections weighs at least one: the vertices of a blocking polyhedron.

For counts `c` in each collection the weights `y >= 0` must have `c . y >= 1`. A total `n . y` is smallest at a vertex,
whatever `n`, so the vertices are all that is needed. They are found by the double description method: one collection
after the other cuts the cone of weights, and new rays appear between neighbours on either side of the cut
(Motzkin et al. 1953; Fukuda and Prodon, "Double description method revisited", 1996).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Vector = tuple[int, ...]


def covering_weights(collections: Sequence[Vector]) -> Sequence[tuple[Vector, int]]:
    """Return the vertices of the weights under which every one of `collections` weighs at least 1.

    Args:
        collections: How many things of each kind are in each; all of one length, and none of them empty.

    Returns:
        Each vertex as whole numbers and what they are parts of. None where there is no collection.
    """
    if not collections:
        return []
    size = len(collections[0])
    # The weights and a last coordinate for the 1: a cone, whose rays with a positive last coordinate are vertices.
    bounds = [tuple(int(row == column) for column in range(size + 1)) for row in range(size + 1)]
    rays = list(bounds)
    met = list(bounds)
    for each in collections:
        rays = _cut(rays, met, (*each, -1))
        met.append((*each, -1))
    return [(ray[:-1], ray[-1]) for ray in sorted(rays) if ray[-1]]


def _cut(rays: Sequence[Vector], met: Sequence[Vector], bound: Vector) -> list[Vector]:
    """Return the rays of the part of a cone on which `bound` is not negative; the cone meets the bounds `met`."""
    sides = [(ray, _dot(ray, bound)) for ray in rays]
    kept = [ray for ray, side in sides if side >= 0]
    tight = {ray: frozenset(number for number, each in enumerate(met) if _dot(ray, each) == 0) for ray in rays}
    for inside, more in sides:
        for outside, less in sides:
            if more > 0 > less and _neighbours(tight, inside, outside):
                kept.append(_reduced(tuple(more * o - less * i for i, o in zip(inside, outside, strict=True))))
    return kept


def _neighbours(tight: dict[Vector, frozenset[int]], one: Vector, other: Vector) -> bool:
    """Return whether two rays span an edge: no third one meets every bound that both meet."""
    common = tight[one] & tight[other]
    return not any(common <= bounds for ray, bounds in tight.items() if ray not in (one, other))


def _dot(one: Vector, other: Vector) -> int:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _reduced(ray: Vector) -> Vector:
    divisor = math.gcd(*ray)
    return tuple(each // divisor for each in ray)
