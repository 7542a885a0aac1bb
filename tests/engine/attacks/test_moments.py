"""The moments of the kills are random, and spread over an update."""

from __future__ import annotations

import pytest

from tests.engine.attacks.moments import SEED, Moment, moment, points, seed


def test_ten_moments_are_spread_over_an_update() -> None:
    for drawn_with in range(200):
        drawn = [moment(point, last=39).changes for point in points(drawn_with, 10)]

        assert drawn.count(0) in (1, 2)
        # In both halves of what it does.
        assert sum(0 < changes <= 20 for changes in drawn) >= 3
        assert sum(20 < changes <= 39 for changes in drawn) >= 3


def test_their_order_is_random_and_comes_from_the_seed() -> None:
    assert points(7, 10) == points(7, 10)
    assert points(7, 10) != points(8, 10)
    assert [points(7, 10), points(8, 10)] != [sorted(points(7, 10)), sorted(points(8, 10))]


def test_the_first_are_before_any_change_and_the_last_is_the_last() -> None:
    assert moment(0, last=39) == Moment(0, 0)
    assert moment(0.075, last=39) == Moment(0, 1)
    assert moment(0.15, last=39) == Moment(1)
    assert moment(0.999, last=39) == Moment(39)
    assert moment(0.5, last=0) == Moment(0, 1)


def test_the_seed_may_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SEED, "12")
    assert seed() == 12
    monkeypatch.delenv(SEED)
    assert seed() != seed()
