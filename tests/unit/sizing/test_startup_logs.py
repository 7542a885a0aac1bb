"""What is computed agrees with what vLLM printed in public startup logs."""

from __future__ import annotations

import pytest

from bench.sizing import Compared, compare_logs
from bench.startup_logs import all_logs, hold_out_logs
from slicewise.sizing import FitVerdict

CHOSEN_WITH = compare_logs(all_logs())
HELD_OUT = compare_logs(hold_out_logs())
ROWS = [*CHOSEN_WITH, *HELD_OUT]


def name(row: Compared) -> str:
    return f"{ROWS.index(row)}-{row.log.model}-{row.log.version}-tp{row.log.options.tensor}"


@pytest.mark.parametrize("row", [row for row in ROWS if row.weights_error is not None], ids=name)
def test_weights_are_within_two_percent_of_what_was_loaded(row: Compared) -> None:
    assert row.weights_error is not None
    assert abs(row.weights_error) < 0.02


@pytest.mark.parametrize(("rows", "least", "bound"), [(CHOSEN_WITH, 45, 0.0025), (HELD_OUT, 15, 0.0025)])
def test_weights_are_within_a_quarter_percent_on_average(rows: list[Compared], least: int, bound: float) -> None:
    errors = [abs(row.weights_error) for row in rows if row.weights_error is not None]
    assert len(errors) > least
    assert sum(errors) / len(errors) < bound


@pytest.mark.parametrize("row", [row for row in ROWS if row.tokens and row.log.cache_tokens], ids=name)
def test_the_tokens_of_the_cache_are_those_of_the_log(row: Compared) -> None:
    assert row.tokens is not None
    assert row.log.cache_tokens is not None
    assert row.tokens[0] <= row.log.cache_tokens <= row.tokens[1]


@pytest.mark.parametrize("row", [row for row in ROWS if row.log.concurrency and row.log.cache_gib], ids=name)
def test_the_concurrency_is_that_of_the_log(row: Compared) -> None:
    length, gib = row.log.options.max_model_len, row.log.cache_gib
    assert length is not None
    assert gib is not None
    assert row.log.concurrency is not None
    cache = row.memory.cache(row.memory.batches_stated())
    low, high = (cache.concurrency((gib + rounding) * (1 << 30), length) for rounding in (-0.005, 0.005))
    assert low - 0.01 <= row.log.concurrency <= high + 0.01


@pytest.mark.parametrize("row", [row for row in ROWS if row.rest_inside is not None], ids=name)
def test_the_envelope_contains_the_rest(row: Compared) -> None:
    assert row.rest_inside


def test_no_verdict_is_wrong_and_few_are_left_open() -> None:
    judged = [row for row in ROWS if row.sizing and row.log.judged]
    wrong = [
        (row.log.model, row.sizing.verdict)
        for row in judged
        if row.sizing and row.sizing.verdict is (FitVerdict.DOES_NOT_FIT if row.log.starts else FitVerdict.FITS)
    ]
    assert wrong == []
    fitting = [row for row in judged if row.sizing and row.sizing.verdict is FitVerdict.FITS]
    assert len(fitting) >= 0.75 * len(judged)
