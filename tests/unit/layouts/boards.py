"""Where slices may be, from NVIDIA's MIG User Guide (`nvidia-smi mig -lgipp`), and what fits by trying every place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

# By compute slices and the part of the board's memory: memory slices, where one may begin, the most on a GPU.
Row = tuple[int, tuple[int, ...], int]
SEVEN: dict[tuple[str, str], Row] = {
    ("1g", "eighth"): (1, (0, 1, 2, 3, 4, 5, 6), 7),
    ("1g", "quarter"): (2, (0, 2, 4, 6), 4),
    ("2g", "quarter"): (2, (0, 2, 4), 3),
    ("3g", "half"): (4, (0, 4), 2),
    ("4g", "half"): (4, (0,), 1),
    ("7g", "whole"): (8, (0,), 1),
}
# The numbers in the names of an eighth, a quarter, a half and the whole; two lines where drivers or boards differ.
NAMES: dict[str, tuple[tuple[int, int, int, int], ...]] = {
    "a100-40gb": ((5, 10, 20, 40),),
    "a100-80gb": ((10, 20, 40, 80),),
    "h100-64gb": ((8, 16, 32, 64),),
    "h100-80gb": ((10, 20, 40, 80),),
    "h100-94gb": ((12, 24, 47, 94),),
    "gh200-96gb": ((12, 24, 48, 96),),
    "h20-96gb": ((12, 24, 48, 96),),
    "h20-141gb": ((18, 35, 71, 141),),
    "gh200-144gb": ((18, 36, 72, 144),),
    "h200": ((18, 35, 71, 141),),
    "b200": ((23, 45, 90, 180),),
    "gb200": ((23, 47, 93, 186), (24, 47, 95, 189)),
    "b300": ((34, 67, 135, 269),),
    "gb300": ((35, 70, 139, 278), (31, 63, 126, 251)),
}
A30: dict[str, Row] = {
    "1g.6gb": (1, (0, 1, 2, 3), 4),
    "1g.6gb+me": (1, (0, 1, 2, 3), 1),
    "2g.12gb": (2, (0, 2), 2),
    "2g.12gb+me": (2, (0, 2), 1),
    "4g.24gb": (4, (0,), 1),
}
QUARTER, HALF = (3, (0, 3, 6, 9)), (6, (0, 6))
RTX_PRO_6000: dict[str, Row] = {
    **{f"1g.24gb{suffix}": (*QUARTER, 4) for suffix in ("", "+gfx", "-me")},
    **{f"1g.24gb{suffix}": (*QUARTER, 1) for suffix in ("+me", "+me.all")},
    **{f"2g.48gb{suffix}": (*HALF, 2) for suffix in ("", "+gfx", "-me")},
    "2g.48gb+me.all": (*HALF, 1),
    **{f"4g.96gb{suffix}": (12, (0,), 1) for suffix in ("", "+gfx")},
}
COMPUTE = {"a30": 4, "rtx-pro-6000": 4}


def _seven(gib: tuple[int, int, int, int]) -> dict[str, Row]:
    parts = dict(zip(("eighth", "quarter", "half", "whole"), gib, strict=True))
    rows = {f"{compute}.{parts[part]}gb": row for (compute, part), row in SEVEN.items()}
    return {**rows, f"1g.{gib[0]}gb+me": (1, (0, 1, 2, 3, 4, 5, 6), 1)}


GENERATIONS: list[tuple[str, dict[str, Row]]] = [
    *((board, _seven(gib)) for board, all_names in NAMES.items() for gib in all_names),
    ("a30", A30),
    ("rtx-pro-6000", RTX_PRO_6000),
]
BOARDS: dict[str, dict[str, Row]] = dict(reversed(GENERATIONS))


def compute_slices(name: str) -> int:
    return int(name.partition("g.")[0])


def has_media(name: str) -> bool:
    return "+me" in name


def fits(board: str, counts: Sequence[tuple[str, int]]) -> bool:
    """Return whether one GPU holds the slices: instances of each, media engines, compute slices, and some places."""
    return _fits(board, tuple(sorted((name, count) for name, count in counts if count)))


@lru_cache(100_000)
def _fits(board: str, counts: tuple[tuple[str, int], ...]) -> bool:
    rows = next(rows for each, rows in GENERATIONS if each == board and all(name in rows for name, _ in counts))
    if any(count > rows[name][2] for name, count in counts):
        return False
    if sum(count for name, count in counts if has_media(name)) > 1:
        return False
    if sum(compute_slices(name) * count for name, count in counts) > COMPUTE.get(board, 7):
        return False
    wanted = [name for name, count in counts for _ in range(count)]
    return _placed(rows, sorted(wanted, key=lambda name: -rows[name][0]), 0)


def _placed(rows: Mapping[str, Row], wanted: Sequence[str], taken: int) -> bool:
    if not wanted:
        return True
    size, starts, _ = rows[wanted[0]]
    masks = (((1 << size) - 1) << start for start in starts)
    return any(_placed(rows, wanted[1:], taken | mask) for mask in masks if not taken & mask)


def multisets(rows: Mapping[str, Row]) -> Iterator[dict[str, int]]:
    """Yield all multisets of profiles whose memory is no more than a GPU's."""
    room = max(size + max(starts) for size, starts, _ in rows.values())
    yield from _multisets(list(rows.items()), room)


def _multisets(rows: Sequence[tuple[str, Row]], room: int) -> Iterator[dict[str, int]]:
    if not rows:
        yield {}
        return
    name, (size, _, _) = rows[0]
    for count in range(room // size + 1):
        for rest in _multisets(rows[1:], room - size * count):
            yield {name: count, **rest} if count else rest


def first_free(rows: Mapping[str, Row], order: Sequence[str]) -> list[tuple[str, int]] | None:
    """Return where slices end, made in this order, each at the first place that is free; None where one has none."""
    taken, found = 0, []
    for name in order:
        size, starts, _ = rows[name]
        start = next((each for each in starts if not taken & (((1 << size) - 1) << each)), None)
        if start is None:
            return None
        taken |= ((1 << size) - 1) << start
        found.append((name, start))
    return found
