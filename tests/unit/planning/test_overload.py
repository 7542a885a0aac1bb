"""Where not everything fits: as many as can be, by priority, and nothing that runs is touched."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from tests.documents import Document, deployment, environment, model, places, plan_of, pool, profile, slices
from tests.unit.planning.strategies import steady

NODE = environment("env", pool("p"))


def _sized(sizes: dict[str, int], *, priority: int = 0) -> list[Document]:
    return [deployment(name, "m", replicas=replicas, priority=priority) for name, replicas in sizes.items()]


def _names(plan: Document) -> set[str]:
    return {place[0] for place in places(plan)}


def test_two_small_ones_go_before_one_large() -> None:
    assert _names(plan_of([NODE, model("m"), *_sized({"large": 7, "a": 4, "b": 4})])) == {"a", "b"}
    # One for one is not a gain: the order decides.
    assert _names(plan_of([NODE, model("m"), *_sized({"large": 7, "a": 4})])) == {"large"}


def test_a_higher_priority_makes_way_for_nobody() -> None:
    documents = [NODE, model("m"), *_sized({"large": 7}, priority=1), *_sized({"a": 4, "b": 4})]
    assert _names(plan_of(documents)) == {"large"}


def test_what_runs_makes_way_for_nobody() -> None:
    before = plan_of([NODE, model("m"), *_sized({"large": 7})])
    after = plan_of([NODE, model("m"), *_sized({"large": 7, "a": 4, "b": 4})], before)
    assert _names(after) == {"large"}
    assert after["moved"] == []


def test_one_moves_to_where_it_fits_too_so_that_another_has_room() -> None:
    only_gpus, anywhere = model("gpus", profile("x", mig="never")), model("anywhere", profile("x"))
    fleet = [
        environment("a", pool("whole", memoryPerGpu="10Gi", labels={"for": "all"})),
        environment("b", slices("mig", "3g.40gb", acceleratorCount=4)),
        only_gpus,
        anywhere,
    ]
    # `first` goes to the whole GPUs, which are tighter; `second` can go nowhere else, and is of lower priority.
    wanted = [deployment("first", "anywhere", replicas=8, priority=1), deployment("second", "gpus", replicas=8)]
    plan = plan_of([*fleet, *wanted])
    assert places(plan) == [("first", "a", "whole", "x")]
    # Of one priority the scarcest comes first, and both fit.
    wanted = [deployment("first", "anywhere", replicas=8), deployment("second", "gpus", replicas=8)]
    assert places(plan_of([*fleet, *wanted])) == [("first", "b", "mig", "x"), ("second", "a", "whole", "x")]


@steady
@given(st.lists(st.integers(1, 9), min_size=1, max_size=7), st.integers(1, 16))
def test_on_one_pool_of_slices_no_choice_serves_more(sizes: list[int], gpus: int) -> None:
    fleet = [environment("env", slices("p", "3g.40gb", acceleratorCount=gpus)), model("m")]
    named = {f"d{number}": size for number, size in enumerate(sizes)}
    best = max(
        count
        for count in range(len(sizes) + 1)
        if any(sum(chosen) <= 2 * gpus for chosen in combinations(sizes, count))
    )
    assert len(_names(plan_of([*fleet, *_sized(named)]))) == best


@steady
@given(st.lists(st.integers(1, 9), min_size=2, max_size=7), st.integers(2, 9), st.integers(2, 9))
def test_on_two_pools_hardly_any_choice_serves_more(sizes: list[int], one: int, other: int) -> None:
    fleet = [
        environment("a", slices("p", "3g.40gb", acceleratorCount=one)),
        environment("b", slices("p", "3g.40gb", acceleratorCount=other)),
        model("m"),
    ]
    named = {f"d{number}": size for number, size in enumerate(sizes)}
    served = len(_names(plan_of([*fleet, *_sized(named)])))
    assert served >= _most_on_two(sizes, 2 * one, 2 * other) - 1


def _most_on_two(sizes: list[int], one: int, other: int) -> int:
    full = {(0, 0, 0)}
    for size in sizes:
        in_one = {(a + size, b, n + 1) for a, b, n in full if a + size <= one}
        in_other = {(a, b + size, n + 1) for a, b, n in full if b + size <= other}
        full |= in_one | in_other
    return max(n for _, _, n in full)
