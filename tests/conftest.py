"""What holds for all tests, whoever runs them: how busy the machine is, and how wide a terminal, changes nothing.

Nor does chance: drawn examples are the same in every run, on every machine.

Several processes share them out by file or group: `--dist loadgroup`.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer  # type: ignore[import-untyped]

from embedded.kinds_data import data_with_kinds
from tests.work_units import Units, in_order

# Tests are many objects that live to the end: looking through them again and again takes a tenth of what tests compute.
gc.set_threshold(50_000, 20, 50)
settings.register_profile(
    "steady", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Iterator[None]:
    # Messages of the engine's program have the width of the terminal; between the tests, so does pytest.
    outside = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "10000"
    try:
        yield
    finally:
        if outside is None:
            os.environ.pop("COLUMNS", None)
        else:
            os.environ["COLUMNS"] = outside


pytest_runtest_call = pytest_runtest_teardown = pytest_runtest_setup


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Units | None:
    if config.getoption("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False  # the processes have them in order
    return Units(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("loadgroup", default=False):
        items[:] = in_order(items)


@pytest.fixture(scope="session")
def kinds() -> Path:
    """What API servers begin with: the kinds of KServe, LeaderWorkerSet and the Gateway API."""
    return data_with_kinds()
