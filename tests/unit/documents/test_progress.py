"""Whoever waits for a large fleet can be told how far it is."""

from __future__ import annotations

import gc
import io
import sys

import pytest

from slicewise.diagnostics import InvalidInputError
from slicewise.documents import load_fleet
from tests.unit.documents.documents import minimal
from tests.unit.documents.loader import Loader

MODEL = minimal("ClusterModel")


def models(first: int, count: int) -> str:
    return "---\n".join(MODEL.replace("name: gemma", f"name: gemma-{first + index}") for index in range(count))


def test_the_share_grows_to_one(loader: Loader) -> None:
    shares: list[float] = []
    load_fleet(loader.write(models(0, 300), models(300, 300)), shares.append)
    assert shares == sorted(set(shares))
    assert (shares[0], shares[-1]) == (0.01, 1.0)
    assert len(shares) == 100


def test_the_share_is_that_of_all_bytes(loader: Loader) -> None:
    shares: list[float] = []
    load_fleet(loader.write(MODEL, "# " + "x" * 3 * len(MODEL) + "\n" + models(1, 1)), shares.append)
    assert shares == [pytest.approx(0.2, abs=0.02), 1.0]


@pytest.mark.parametrize("broken", ["a: [\n", "", "kind: Nothing\n", "a: 1\na: 2\n"])
def test_what_cannot_be_used_is_done_too(loader: Loader, broken: str) -> None:
    shares: list[float] = []
    with pytest.raises(InvalidInputError):
        load_fleet(loader.write(MODEL, broken), shares.append)
    assert shares[-1] == 1.0


@pytest.mark.usefixtures("loader")
def test_nothing_to_read_is_no_progress() -> None:
    shares: list[float] = []
    with pytest.raises(InvalidInputError):
        load_fleet(["nowhere.yaml"], shares.append)
    assert shares == []


def test_standard_input_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(models(0, 2).encode())))
    shares: list[float] = []
    load_fleet(["-"], shares.append)
    assert shares == [pytest.approx(0.5, abs=0.02), 1.0]


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("document", [MODEL, "kind: [\n"])
def test_the_garbage_collector_is_left_as_it_was(loader: Loader, enabled: bool, document: str) -> None:
    during: list[bool] = []

    def stop(_share: float) -> None:
        during.append(gc.isenabled())
        raise InterruptedError

    try:
        if not enabled:
            gc.disable()
        with pytest.raises(InterruptedError):
            load_fleet(loader.write(document), stop)
        assert gc.isenabled() is enabled
    finally:
        gc.enable()
    assert during == [False]
